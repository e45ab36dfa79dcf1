"""Our own Streamlit components, each a .py beside its .js and .css; no build step."""
