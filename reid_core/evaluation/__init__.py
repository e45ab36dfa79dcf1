"""How good a ranking is: mAP, CMC and mINP under the Market-1501 protocol."""
