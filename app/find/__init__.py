"""One question over one list: what is asked, from where, and the pipeline that answers."""
