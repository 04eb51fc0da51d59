"""What is measured, side by side; `make bench` writes RESULTS.md."""
