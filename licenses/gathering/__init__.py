"""What decisions may know beyond their own stream, gathered under locks in one transaction."""
