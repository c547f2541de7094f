"""What a run found, for people and for programs: tables, findings, the HTML report and the lines on the terminal.

Nothing here runs TensorFlow or reads the store. Every function takes data frames with the columns of
:mod:`crossload_reports.analysis.frame` and returns something new: ``analysis`` computes, ``exports`` and ``html`` write.
"""
