"""A bare Streamlit page with the Overview's charts, cards and table on ready-made data."""
