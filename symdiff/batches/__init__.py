"""Many questions at once: requests as plain dictionaries, a result for each, in the same order.

A request is `{"formula", "wrt"}` and, where wanted, "do" (grad, jacobian, hessian, verify, check, code), "answer", "target", "types", "id"; a
result is plain data without times or places in it, so that two runs of the same requests give the same bytes. `answer.py` answers one request,
`pool.py` spreads them over processes or any `concurrent.futures.Executor`, `file.py` goes from one file of lines to another and on where it stopped.
"""

from symdiff.batches.answer import DO, answer
from symdiff.batches.file import Count, run
from symdiff.batches.pool import batch

__all__ = ["DO", "Count", "answer", "batch", "run"]
