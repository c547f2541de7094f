"""The probe: runs inside an environment, saves and loads models there, and reports what it measured.

Standard library and TensorFlow only, Python 3.7 and up; it never imports the host side. The host imports only
:mod:`crossload.probe.formats`, :mod:`crossload.probe.attempts` and :mod:`crossload.probe.protocol`, which need nothing at all.
"""
