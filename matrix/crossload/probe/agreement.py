"""When two sets of outputs are those of the same function: the one rule, for the probe and for the host.

Elements agree when their difference is at most ``atol * min(1, S) + rtol * |b| + min(spread * n, S / 100)``, where ``b`` is what
the saver gave, ``S`` the largest magnitude in that output tensor, and ``n`` the noise of the element: how far the saver's own
output moves when every weight and input moves by one unit in the last place (:mod:`operations.noise`). A correct evaluation in
floating point is the exact one of weights that are off by a modest multiple of that (backward error: Higham, *Accuracy and
Stability of Numerical Algorithms*, 2nd edition, sections 1.5 and 3.1; of order ``sqrt(k)`` units for ``k`` operations: Higham and
Mary, *A new approach to probabilistic rounding error analysis*, SIAM J. Sci. Comput. 41, 2019), so two correct ones are a modest
multiple of ``n`` apart, whatever their order of summation. What a whole other function gives is thousands of times as far away:
``tests/unit/domain/numeric_cells.json`` holds the measurements that ``spread`` was chosen by.
"""

import math

# No noise excuses more than this share of the output's scale: where a function is not continuous, one unit may flip an output.
MOST_OF_SCALE = 0.01

# Noise is a root mean square: what is more than so many times as far away is no chance.
_TIMES_NOISE = 10.0

# Before noise was measured only differences and magnitudes were kept. Up to this share of the scale is what float32 gives: forty
# units in the last place. The largest magnitude that was kept is never more than the scale.
ROUNDING_OF_SCALE = 5e-6


def limit(entry, atol, rtol, spread):
    """The difference that is allowed at an element: ``[difference, magnitude, noise, scale]``."""
    _, magnitude, noise, scale = entry
    return atol * min(1.0, scale) + rtol * magnitude + min(spread * noise, MOST_OF_SCALE * scale)


def within(frontier, atol, rtol, spread):
    """Whether every element agrees.

    :param frontier: as ``compare_arrays`` gives it; entries ``[difference, magnitude]`` are of older measurements.
    """
    old = [entry for entry in frontier if len(entry) == 2]
    scale = max([entry[1] for entry in old] or [0.0])
    return all(
        entry[0] <= max(atol + rtol * entry[1], ROUNDING_OF_SCALE * scale)
        if len(entry) == 2
        else entry[0] <= limit(entry, atol, rtol, spread)
        for entry in frontier
    )


def is_chance(frontier, atol, rtol, spread):
    """Whether nothing can be said: outputs that disagree are no farther apart than the saver's own are when they are nudged.

    Where one unit in the last place moves an output tensor by more than a hundredth of its scale, the model makes large
    differences of the smallest (a recurrent network on inputs that it was never trained on): two correct evaluations are as far
    apart as two models. In the measurements of real differences the largest such share is 4e-4.

    :param frontier: as ``compare_arrays`` gives it; its tensors are told apart by their scale.
    """
    if any(len(entry) != 4 for entry in frontier):
        return False
    noises = {}
    for _, _, noise, scale in frontier:
        noises[scale] = max(noises.get(scale, 0.0), noise)
    apart = [entry for entry in frontier if entry[0] > limit(entry, atol, rtol, spread)]
    return bool(apart) and all(
        noises[scale] >= MOST_OF_SCALE * scale and difference <= _TIMES_NOISE * noises[scale]
        for difference, _, _, scale in apart
    )


def works(rungs, atol, rtol, spread):
    """Whether what was loaded can be recommended: its outputs match, called and by ``predict``."""
    outputs, predicted = rungs.get("outputs") or {}, (rungs.get("use") or {}).get("predict") or {}
    if "error_type" in predicted or not _match(outputs, atol, rtol, spread):
        return False
    return "frontier" not in predicted or _match(predicted, atol, rtol, spread)


def same_loss(measured, atol, rtol):
    """Whether the loss after one more update is the saver's: within the tolerance and what the saver's own moves by.

    :param measured: what was measured of the rung ``training``. ``noise_of_loss`` is how far the saver's own loss moves when
        every weight moves by one unit in the last place: a bias in front of a normalization has no gradient but rounding
        errors, and Adam makes whole steps of those. It is taken as it was measured.
    """
    return _near(measured, measured.get("expected"), atol, rtol)


def same_unfused_loss(measured, atol, rtol):
    """Whether it is that of the saver without the fused kernel of its BatchNormalization, and not that of the saver."""
    unfused = measured.get("unfused_loss")
    return not same_loss(measured, atol, rtol) and unfused is not None and _near(measured, unfused, atol, rtol)


def _near(measured, loss, atol, rtol):
    if "difference" not in measured or not all(math.isfinite(value) for value in (loss, measured["actual"])):
        return False
    noise = measured.get("noise_of_loss", 0.0)
    return bool(abs(measured["actual"] - loss) <= atol + rtol * abs(loss) + noise)


def keeps_training(rungs, atol, rtol):
    """Whether what is needed to train on came along, as far as it was measured: the optimizer's state, and the next loss."""
    optimizer, training = rungs.get("optimizer") or {}, rungs.get("training") or {}
    if "error_type" in optimizer or optimizer.get("same") is False:
        return False
    return "not_applicable" in training or not training or same_loss(training, atol, rtol)


def _match(compared, atol, rtol, spread):
    if compared.get("error_type") or compared.get("mismatch") or compared.get("bit_equal") is None:
        return False
    return within(compared["frontier"], atol, rtol, spread)
