"""The criteria, the verdicts, and a reason for each."""
