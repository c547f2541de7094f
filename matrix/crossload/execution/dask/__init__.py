"""The same matrix on several machines, through Dask.

The host plans and keeps the store; a task is one batch in one environment. What workers run is in
:mod:`crossload.execution.dask.tasks`: module-level functions with plain arguments, so that nothing of the host's state travels.
Dask itself is an optional extra.
"""
