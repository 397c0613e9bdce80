"""A plain Django REST framework service that keeps applications as rows, with their history."""
