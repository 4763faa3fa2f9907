"""Losses as the sources of PyTorch and scikit-learn write them, without their checks of arguments: read by `sd.from_python`, run by the tests."""

import numpy as np
import torch
import torch.nn.functional as F
from scipy.special import xlogy

# ------------------------------------------------------------------------------- torch.nn.functional


def l1_loss(input, target, reduction="mean"):
    loss = torch.abs(input - target)
    if reduction == "mean":
        return torch.mean(loss)
    elif reduction == "sum":
        return torch.sum(loss)
    else:
        return loss


def mse_loss(input, target, weight=None):
    squared = torch.pow(input - target, 2)
    if weight is not None:
        return torch.sum(squared * weight) / torch.sum(weight)
    return squared.mean()


def smooth_l1_loss(input, target, beta=1.0):
    diff = torch.abs(input - target)
    return torch.where(diff < beta, 0.5 * diff**2 / beta, diff - 0.5 * beta).mean()


def huber_loss(input, target, delta=1.0):
    z = (input - target).abs()
    return torch.mean(torch.where(z < delta, 0.5 * z * z, delta * (z - 0.5 * delta)))


def binary_cross_entropy(input, target):
    return -(target * torch.log(input) + (1 - target) * torch.log(1 - input)).mean()


def binary_cross_entropy_with_logits(input, target):
    max_val = (-input).clamp(min=0)
    loss = (1 - target) * input + max_val + ((-max_val).exp() + (-input - max_val).exp()).log()
    return loss.mean()


def bce_with_pos_weight(input, target, pos_weight=3.0):
    log_weight = (pos_weight - 1) * target + 1
    return ((1 - target) * input - log_weight * F.logsigmoid(input)).sum()


def nll_loss(input, target):
    return -input[torch.arange(input.shape[0]), target].mean()


def cross_entropy(input, target):
    n = input.size(0)
    logp = F.log_softmax(input, dim=1)
    return -logp[range(n), target].sum() / n


def cross_entropy_gather(input, target):
    return -input.log_softmax(-1).gather(1, target.unsqueeze(1)).squeeze(1).mean()


def cross_entropy_soft(input, target):
    return torch.sum(-target * F.log_softmax(input, dim=-1), dim=-1).mean()


def label_smoothing(input, target, eps=0.1):
    logp = F.log_softmax(input, dim=-1)
    nll = -logp[torch.arange(len(target)), target]
    smooth = -logp.mean(dim=-1)
    return ((1 - eps) * nll + eps * smooth).mean()


def kl_div(input, target):
    pointwise = target * (target.log() - input)
    return pointwise.sum() / input.size(0)


def poisson_nll_loss(input, target, log_input=True, eps=1e-8):
    if log_input:  # noqa: SIM108 - as the source has it
        loss = torch.exp(input) - target * input
    else:
        loss = input - target * torch.log(input + eps)
    return loss.mean()


def gaussian_nll_loss(input, target, var, full=False):
    loss = 0.5 * (torch.log(var) + (input - target) ** 2 / var)
    if full:
        loss += 0.5 * np.log(2 * np.pi)
    return loss.mean()


def hinge_embedding_loss(input, target, margin=1.0):
    margin_clamp = (margin - input).clamp_min(0)
    output_margin = torch.where(target != 1, margin_clamp, torch.zeros_like(input))
    output_self = torch.where(target != -1, input, torch.zeros_like(input))
    return (output_margin + output_self).mean()


def margin_ranking_loss(input1, input2, target, margin=0.2):
    return (-target * (input1 - input2) + margin).clamp_min(0).mean()


def soft_margin_loss(input, target):
    return torch.mean(torch.log1p(torch.exp(-target * input)))


def multilabel_soft_margin_loss(input, target):
    loss = -(target * F.logsigmoid(input) + (1 - target) * F.logsigmoid(-input))
    loss = loss.sum(dim=-1) / input.size(1)
    return loss.mean()


def cosine_embedding_loss(input1, input2, target, margin=0.1):
    prod_sum = (input1 * input2).sum(1)
    mag1, mag2 = (input1 * input1).sum(1) + 1e-12, (input2 * input2).sum(1) + 1e-12
    cos = prod_sum / (mag1 * mag2).sqrt()
    pos, neg = 1 - cos, (cos - margin).clamp_min(0)
    return torch.where(target == 1, pos, neg).mean()


def triplet_margin_loss(anchor, positive, negative, margin=1.0):
    dist_pos = ((anchor - positive) ** 2).sum(1).sqrt()
    dist_neg = ((anchor - negative) ** 2).sum(1).sqrt()
    return torch.clamp(margin + dist_pos - dist_neg, min=0.0).mean()


def pairwise_distance(x1, x2, p=2.0, eps=1e-6):
    return torch.linalg.norm(x1 - x2 + eps, dim=-1).sum()


def focal_loss(input, target, alpha=0.25, gamma=2.0):
    p = torch.sigmoid(input)
    ce = F.binary_cross_entropy_with_logits(input, target, reduction="none")
    p_t = p * target + (1 - p) * (1 - target)
    loss = ce * (1 - p_t) ** gamma
    alpha_t = alpha * target + (1 - alpha) * (1 - target)
    return (alpha_t * loss).mean()


def dice_loss(input, target, eps=1.0):
    p = input.sigmoid().flatten()
    t = target.flatten()
    return 1 - (2.0 * (p * t).sum() + eps) / (p.sum() + t.sum() + eps)


def log_cosh_loss(input, target):
    x = input - target
    return (x + F.softplus(-2.0 * x) - np.log(2.0)).mean()


def multi_margin_loss(input, target, margin=1.0):
    correct = input[torch.arange(input.size(0)), target][:, None]
    return ((margin - correct + input).clamp(min=0).sum(1) - margin).sum() / (input.size(0) * input.size(1))


def ridge(X, y, w, lam=0.1):
    r = X @ w - y
    return 0.5 * r @ r + lam * w.dot(w)


TORCH = [
    (l1_loss, {"input": "m k", "target": "m k"}),
    (mse_loss, {"input": "m k", "target": "m k"}),
    (mse_loss, {"input": "m", "target": "m", "weight": "m +"}),
    (smooth_l1_loss, {"input": "m", "target": "m"}),
    (huber_loss, {"input": "m k", "target": "m k"}),
    (binary_cross_entropy, {"input": "m unit", "target": "m bit"}),
    (binary_cross_entropy_with_logits, {"input": "m", "target": "m bit"}),
    (bce_with_pos_weight, {"input": "m", "target": "m bit"}),
    (nll_loss, {"input": "m k", "target": "m label"}),
    (cross_entropy, {"input": "m k", "target": "m label"}),
    (cross_entropy_gather, {"input": "m k", "target": "m label"}),
    (cross_entropy_soft, {"input": "m k", "target": "m k unit"}),
    (label_smoothing, {"input": "m k", "target": "m label"}),
    (kl_div, {"input": "m k", "target": "m k unit"}),
    (poisson_nll_loss, {"input": "m", "target": "m +"}),
    (gaussian_nll_loss, {"input": "m", "target": "m", "var": "m +"}),
    (hinge_embedding_loss, {"input": "m", "target": "m sign"}),
    (margin_ranking_loss, {"input1": "m", "input2": "m", "target": "m sign"}),
    (soft_margin_loss, {"input": "m", "target": "m sign"}),
    (multilabel_soft_margin_loss, {"input": "m k", "target": "m k bit"}),
    (cosine_embedding_loss, {"input1": "m k", "input2": "m k", "target": "m sign"}),
    (triplet_margin_loss, {"anchor": "m k", "positive": "m k", "negative": "m k"}),
    (pairwise_distance, {"x1": "m k", "x2": "m k"}),
    (focal_loss, {"input": "m", "target": "m bit"}),
    (dice_loss, {"input": "m k", "target": "m k bit"}),
    (log_cosh_loss, {"input": "m k", "target": "m k"}),
    (multi_margin_loss, {"input": "m k", "target": "m label"}),
    (ridge, {"X": "m k", "y": "m", "w": "k"}),
]

# ------------------------------------------------------------------------------- sklearn.metrics, sklearn._loss, sklearn.linear_model


def mean_absolute_error(y_true, y_pred, sample_weight=None, multioutput="uniform_average"):
    output_errors = np.average(np.abs(y_pred - y_true), weights=sample_weight, axis=0)
    if isinstance_str(multioutput) and multioutput == "raw_values":
        return output_errors
    return np.average(output_errors, weights=None)


def isinstance_str(x):
    return x is not None


def mean_squared_error(y_true, y_pred, sample_weight=None):
    output_errors = np.average((y_true - y_pred) ** 2, axis=0, weights=sample_weight)
    return np.average(output_errors)


def root_mean_squared_error(y_true, y_pred):
    return np.sqrt(np.average((y_true - y_pred) ** 2, axis=0))


def mean_squared_log_error(y_true, y_pred):
    return mean_squared_error(np.log1p(y_true), np.log1p(y_pred))


def mean_pinball_loss(y_true, y_pred, alpha=0.3):
    diff = y_true - y_pred
    sign = (diff >= 0).astype(diff.dtype)
    loss = alpha * sign * diff - (1 - alpha) * (1 - sign) * diff
    return np.average(loss)


def mean_absolute_percentage_error(y_true, y_pred):
    epsilon = np.finfo(np.float64).eps
    mape = np.abs(y_pred - y_true) / np.maximum(np.abs(y_true), epsilon)
    return np.average(mape)


def mean_poisson_deviance(y_true, y_pred):
    dev = 2 * (xlogy(y_true, y_true / y_pred) - y_true + y_pred)
    return np.average(dev)


def mean_gamma_deviance(y_true, y_pred):
    dev = 2 * (np.log(y_pred / y_true) + y_true / y_pred - 1)
    return np.average(dev)


def mean_tweedie_deviance(y_true, y_pred, power=1.5):
    p = power
    if p == 0:
        dev = (y_true - y_pred) ** 2
    elif p == 1:
        dev = 2 * (xlogy(y_true, y_true / y_pred) - y_true + y_pred)
    else:
        dev = 2 * (
            np.power(y_true, 2 - p) / ((1 - p) * (2 - p)) - y_true * np.power(y_pred, 1 - p) / (1 - p) + np.power(y_pred, 2 - p) / (2 - p)
        )
    return np.average(dev)


def r2_score(y_true, y_pred):
    numerator = ((y_true - y_pred) ** 2).sum(axis=0, dtype=np.float64)
    denominator = ((y_true - np.average(y_true, axis=0)) ** 2).sum(axis=0, dtype=np.float64)
    return 1 - numerator / denominator


def explained_variance_score(y_true, y_pred):
    y_diff_avg = np.average(y_true - y_pred, axis=0)
    numerator = np.average((y_true - y_pred - y_diff_avg) ** 2, axis=0)
    y_true_avg = np.average(y_true, axis=0)
    denominator = np.average((y_true - y_true_avg) ** 2, axis=0)
    return 1.0 - numerator / denominator


def max_error(y_true, y_pred):
    return np.max(np.abs(y_true - y_pred))


def log_loss(transformed_labels, y_pred, eps=1e-15):
    y_pred = np.clip(y_pred, eps, 1 - eps)
    y_pred_sum = y_pred.sum(axis=1)
    y_pred = y_pred / y_pred_sum[:, np.newaxis]
    loss = -xlogy(transformed_labels, y_pred).sum(axis=1)
    return np.average(loss)


def hinge_loss(y_true, pred_decision):
    margin = y_true * pred_decision
    losses = 1 - margin
    np.clip(losses, 0, None, out=losses)
    return np.average(losses)


def brier_score_loss(y_true, y_proba):
    return np.average((y_true - y_proba) ** 2)


def squared_hinge(y_true, pred):
    return (np.maximum(0, 1 - y_true * pred) ** 2).mean()


def modified_huber(y_true, p):
    z = p * y_true
    return np.where(z >= 1.0, 0.0, np.where(z >= -1.0, (1.0 - z) * (1.0 - z), -4.0 * z)).sum()


def epsilon_insensitive(y_true, p, epsilon=0.1):
    ret = np.abs(y_true - p) - epsilon
    return np.sum(np.maximum(ret, 0))


def half_multinomial_loss(X, y, W, b):
    raw = X @ W.T + b
    n = X.shape[0]
    log_sum_exp = np.log(np.sum(np.exp(raw - raw.max(axis=1, keepdims=True)), axis=1)) + raw.max(axis=1)
    return (log_sum_exp - raw[np.arange(n), y]).sum()


def elastic_net(X, y, w, alpha=0.5, l1_ratio=0.3):
    n_samples = len(y)
    residual = y - np.dot(X, w)
    penalty = alpha * l1_ratio * np.linalg.norm(w, 1) + 0.5 * alpha * (1 - l1_ratio) * np.linalg.norm(w) ** 2
    return 1.0 / (2 * n_samples) * np.linalg.norm(residual) ** 2 + penalty


def by_loops(X, y, w):
    total = 0.0
    for i in range(len(y)):
        total += np.log(1 + np.exp(-y[i] * (X[i] @ w)))
    return total / len(y)


SKLEARN = [
    (mean_absolute_error, {"y_true": "m", "y_pred": "m"}),
    (mean_squared_error, {"y_true": "m k", "y_pred": "m k"}),
    (mean_squared_error, {"y_true": "m k", "y_pred": "m k", "sample_weight": "m +"}),
    (root_mean_squared_error, {"y_true": "m", "y_pred": "m"}),
    (mean_squared_log_error, {"y_true": "m +", "y_pred": "m +"}),
    (mean_pinball_loss, {"y_true": "m", "y_pred": "m"}),
    (mean_poisson_deviance, {"y_true": "m +", "y_pred": "m +"}),
    (mean_gamma_deviance, {"y_true": "m +", "y_pred": "m +"}),
    (mean_tweedie_deviance, {"y_true": "m +", "y_pred": "m +"}),
    (r2_score, {"y_true": "m", "y_pred": "m"}),
    (explained_variance_score, {"y_true": "m", "y_pred": "m"}),
    (max_error, {"y_true": "m", "y_pred": "m"}),
    (log_loss, {"transformed_labels": "m k bit", "y_pred": "m k unit"}),
    (hinge_loss, {"y_true": "m sign", "pred_decision": "m"}),
    (brier_score_loss, {"y_true": "m bit", "y_proba": "m unit"}),
    (squared_hinge, {"y_true": "m sign", "pred": "m"}),
    (modified_huber, {"y_true": "m sign", "p": "m"}),
    (epsilon_insensitive, {"y_true": "m", "p": "m"}),
    (half_multinomial_loss, {"X": "m n", "y": "m label", "W": "k n", "b": "k"}),
    (elastic_net, {"X": "m n", "y": "m", "w": "n"}),
    (by_loops, {"X": "m n", "y": "m sign", "w": "n"}),
]
