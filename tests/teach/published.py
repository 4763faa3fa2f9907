"""Published backward passes: how many lines they have, and where they stand.

Counted are the lines that compute an adjoint or a derivative, for the derivatives that are asked for, each once; a value that a source uses
without a line of its own (dO that is given, a copy) is none. `lines` is what the source has; where a source states the formula and leaves the
chain rule to the reader, `by_hand` says so, and the lines are those of the chain rule through its operations, counted by hand.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """formula, wrt: in the formula language. lines: of the source. what: which lines they are. shapes: of the variables, for a trial."""

    formula: str
    wrt: str
    lines: int
    what: str
    source: str
    shapes: dict
    by_hand: bool = False


PUBLISHED = {
    "softmax cross-entropy": Published(
        "y: onehot vector(k); z = W*x + b; p = softmax(z); cross_entropy(p, y)",
        "W,b",
        3,
        "dz = p - y; dW = dz x'; db = dz",
        "cs231n, Neural networks case study (cs231n.github.io/neural-networks-case-study): dscores, dW, db",
        {"W": (4, 3), "x": (3,), "b": (4,), "y": "onehot"},
    ),
    "attention": Published(
        "Q: matrix(n,d); K: matrix(m,d); V: matrix(m,p); G: matrix(n,p); S = Q*K'/sqrt(d); P = softmax(S); O = P*V; sum(G .* O)",
        "Q,K,V",
        6,
        "dV = P' dO; dP = dO V'; D = rowsum(dO . O); dS = P . (dP - D); dQ = dS K; dK = dS' Q",
        "FlashAttention's backward pass as it is described at deepwiki.com/Dao-AILab/flash-attention/4.2-backward-pass-algorithm:"
        " dV, dP, the row sums of dO . O, dS, dK, dQ; the scale goes with dQ and dK",
        {"Q": (4, 2), "K": (5, 2), "V": (5, 3), "G": (4, 3)},
    ),
    "layer norm": Published(
        "x, gamma, beta, g: vector(n); mu = mean(x); c = x - mu; v = mean(c.^2); xh = c/sqrt(v + eps); y = gamma .* xh + beta; g.y",
        "x,gamma,beta",
        5,
        "db; dw; dnorm = dout w; dx = dnorm - mean(dnorm) - norm mean(dnorm norm); dx times rstd (the kernel in C of the same page has six)",
        "karpathy/llm.c, doc/layernorm/layernorm.md, LayerNorm.backward",
        {"x": (5,), "gamma": (5,), "beta": (5,), "g": (5,), "eps": ()},
    ),
    "batch norm": Published(
        "x, g: vector(m); mu = mean(x); c = x - mu; v = mean(c.^2); xh = c/sqrt(v + eps); y = gamma*xh + beta; g.y",
        "x,gamma,beta",
        6,
        "dxh, dvar, dmu, dx, dgamma, dbeta: the six equations of the section, for one feature",
        "Ioffe, Szegedy, Batch Normalization (2015), section 3; step by step in hingma/cs182fa25_public, in the same six",
        {"x": (5,), "g": (5,), "gamma": (), "beta": (), "eps": ()},
    ),
    "rms norm": Published(
        "x, gamma, g: vector(n); r = (sum(x.^2)/n + eps)^(-1/2); xh = r*x; y = xh .* gamma; g.y",
        "x,gamma",
        3,
        "dw = dy . xh; dxh = dy . w; dx = r dxh - r^3/n x (dxh'x)",
        "limei1221/triton-rmsnorm, README.md, section Backward pass",
        {"x": (5,), "gamma": (5,), "g": (5,), "eps": ()},
    ),
    "SwiGLU": Published(
        "x: vector(n); W, V: matrix(m,n); U: matrix(k,m); g: vector(k); a = W*x; b = V*x; h = silu(a) .* b; y = U*h; g.y",
        "W,V,U,x",
        8,
        "of the gate three: df = DW f, dg = DW g, de = dg s (1 + e (1 - s)); by hand the five products around it: dU, DW = U'dy, dV, dW, dx",
        "unslothai/unsloth, unsloth/kernels/swiglu.py, swiglu_DWf_DW_dfg_kernel, for the gate; Shazeer, GLU Variants Improve Transformer (2020), formula (5), for the layer",
        {"x": (3,), "W": (4, 3), "V": (4, 3), "U": (2, 4), "g": (2,)},
        by_hand=True,
    ),
    "KL divergence": Published(
        "p: simplex vector(k); q = softmax(z); sum(p .* (log(p) - log(q)))",
        "z",
        1,
        "dC/dz = (q - p)/T, at T = 1",
        "Hinton, Vinyals, Dean, Distilling the Knowledge in a Neural Network (2015), section 2.1, formula (2)",
        {"p": "simplex", "z": (4,)},
    ),
    "three Sinkhorn steps": Published(
        "K: matrix(n,m); a: vector(n); b: vector(m); G: matrix(n,m); v0: vector(m); u1 = a ./ (K*v0); v1 = b ./ (K'*u1); u2 = a ./ (K*v1); v2 = b ./ (K'*u2);"
        " u3 = a ./ (K*v2); v3 = b ./ (K'*u3); sum(G .* (diag(u3)*K*diag(v3)))",
        "K",
        13,
        "for each of the six scalings its adjoint and that of the product that it divides by, and the sum of all outer products",
        "Flamary, Cuturi, Courty, Rakotomamonjy, Concentration bounds for linear Monge mapping (2019) and Peyré, Cuturi, Computational Optimal Transport (2019),"
        " section 9.1.3, which say that reverse mode goes through the scalings of section 4.2, and give no lines",
        {"K": "positive (3, 4)", "a": "positive (3,)", "b": "positive (4,)", "G": (3, 4), "v0": "positive (4,)"},
        by_hand=True,
    ),
    "LSTM cell": Published(
        "x: vector(n); h0, c0: vector(m); Wi, Wf, Wo, Wg: matrix(m,n); Ui, Uf, Uo, Ug: matrix(m,m); bi, bf, bo, bg: vector(m); gh: vector(m);"
        " i = sigma(Wi*x + Ui*h0 + bi); f = sigma(Wf*x + Uf*h0 + bf); o = sigma(Wo*x + Uo*h0 + bo); g = tanh(Wg*x + Ug*h0 + bg);"
        " c = f .* c0 + i .* g; h = o .* tanh(c); gh.h",
        "Wi,Wf,Wo,Wg,Ui,Uf,Uo,Ug,bi,bf,bo,bg,c0",
        18,
        "do, dc, di, df, dg as pre-activations; dc0; dW, dU, db of the stacked gates, which are four of each here",
        "torchedup.dev/problems/lstm-bptt, Backward pass",
        {
            "x": (3,),
            "h0": (2,),
            "c0": (2,),
            **{f"W{k}": (2, 3) for k in "ifog"},
            **{f"U{k}": (2, 2) for k in "ifog"},
            **{f"b{k}": (2,) for k in "ifog"},
            "gh": (2,),
        },
    ),
    "two layers": Published(
        "z = W1*x + b1; h = relu(z); q = W2*h + b2; r = q - y; norm2(r)^2",
        "W1,b1,W2,b2",
        7,
        "the error of the output, dW2, db2, dh, dz, dW1, db1",
        "g-eoj/cs231n, the two-layer network of assignment 1: dscores, dW2, db2, dh1, dh1 where h1 > 0, dW1, db1",
        {"W1": (4, 3), "x": (3,), "b1": (4,), "W2": (2, 4), "b2": (2,), "y": (2,)},
    ),
}
