"""Our own Streamlit components, each a .py beside its .js and .css; no build step.

The scripts have types in JSDoc, those that several share in `scripts.d.ts`; `make check` holds the scripts to them.
"""
