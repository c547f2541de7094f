"""The claims of five often read answers, each decided by the cells of a run and by nothing else.

A claim is a sentence (`catalogue`) and a function that says of each cell that bears on it whether it speaks for or
against (`voices`). No cell, no verdict.
"""

from crossload.claims.catalogue import CLAIMS, Claim
from crossload.claims.deciding import Decided, decide, decide_all

__all__ = ["CLAIMS", "Claim", "Decided", "decide", "decide_all"]
