"""Long works that survive their process: a queue in the database, and who works it off.

What a job has written and how far it is are committed together, so that it goes on where it was,
whatever was killed. Who works at a job holds its lease, by the database's clock; the last statement
of each commit asks whether that is still so.
"""
