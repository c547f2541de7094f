def measure_plan(n):
    return {}


def measure_cached_run(n):
    return {}
