"""The exact index: FAISS over vectors in memory, with filters."""
