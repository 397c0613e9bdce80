"""Sealing: the Merkle tree over the journal, its signed checkpoints, and who else has seen them."""
