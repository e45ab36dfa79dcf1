"""Training crops: who trains and who validates, batches, augmentation, inspection."""
