"""Which array of a file belongs to which weight of a model: proposed, corrected by hand, applied.

Where a class was rewritten, its layers renamed or put in another order, no loader finds the weights any more.
"""
