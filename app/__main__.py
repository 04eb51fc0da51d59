"""`python -m app` is `sweetspot`."""

from app.cli import main

main()
