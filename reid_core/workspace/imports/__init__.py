"""What comes into a workspace: folders, archives, tables, uploads, the demo."""
