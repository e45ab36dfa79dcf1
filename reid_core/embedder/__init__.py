"""Photo to vector: network, pretrained weights, model folders with their cards, and fast inference."""
