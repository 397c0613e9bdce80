"""Pages about licensed exports: the entry page, deals and their timelines."""
