"""Two faces on one Chatbot: the page and the command line. Holds no logic of either floor below."""
