"""Language models as policies: any provider, any server, or a file of weights in this process.

Nothing is imported here: `dynenvs_agents.llm.models` stands on the base install alone, what needs the extra ``llm`` or
llama-cpp-python says so when it is used.
"""
