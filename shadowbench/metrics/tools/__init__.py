"""What an answer calls: whether candidate and production ask for the same, and whether what they ask for can be run.

Only calls that the client is to run count; those that the provider runs itself are its affair. An answer without calls
where the request offers tools says something too: both calling nothing is agreement. Where nothing is offered and nothing
called there is nothing to measure: `no_tools`, or `no_request` where the request was not kept.
"""

from shadowbench.metrics.agreement import agreement
from shadowbench.metrics.base import Metric
from shadowbench.metrics.tools.matching import parallel_call_count, tool_args_match, tool_call_match, tool_name_f1
from shadowbench.metrics.tools.soundness import hallucinated_tool_name, tool_schema_valid

METRICS: tuple[Metric, ...] = (
    tool_name_f1,
    tool_call_match,
    tool_args_match,
    tool_schema_valid,
    hallucinated_tool_name,
    parallel_call_count,
    agreement(tool_schema_valid),
    agreement(hallucinated_tool_name),
    agreement(parallel_call_count),
)
