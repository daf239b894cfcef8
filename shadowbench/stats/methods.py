"""The methods by name, for whoever prints an appendix: what each answers, its formula, where it comes from, its least n."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Method(StrEnum):
    """Names as they are in reports; a test holds docs/statistics.md to them."""

    CLUSTER_T = "cluster_t"
    ALL_ALIKE = "all_alike"
    BCA_BOOTSTRAP = "bca_bootstrap"
    PERCENTILE_BOOTSTRAP = "percentile_bootstrap"
    LITTLE_BOOTSTRAPS = "little_bootstraps"
    SIGN_FLIP = "sign_flip"
    MCNEMAR_EXACT = "mcnemar_exact"
    MCNEMAR_MID_P = "mcnemar_mid_p"
    NEWCOMBE_10 = "newcombe_10"
    TANGO = "tango"
    WILCOXON_PRATT = "wilcoxon_pratt"
    HODGES_LEHMANN = "hodges_lehmann"
    ORDER_STATISTICS = "order_statistics"
    WOODRUFF = "woodruff"
    WOODRUFF_CONTRAST = "woodruff_contrast"
    GEOMETRIC_RATIO = "geometric_ratio"
    RATIO_OF_MEANS = "ratio_of_means"
    FIELLER = "fieller"
    NON_INFERIORITY = "non_inferiority"
    TOST = "tost"
    ASYMPTOTIC_SEQUENCE = "asymptotic_sequence"
    BETTING_SEQUENCE = "betting_sequence"
    DISCORDANT_E_PROCESS = "discordant_e_process"
    MSPRT = "msprt"
    PLANNED_LOOKS = "planned_looks"
    CONTROLLED_WIN_RATE = "controlled_win_rate"
    BRADLEY_TERRY = "bradley_terry"
    ROGAN_GLADEN = "rogan_gladen"
    PREDICTION_POWERED = "prediction_powered"
    PSI = "psi"
    JENSEN_SHANNON = "jensen_shannon"
    KOLMOGOROV_SMIRNOV = "kolmogorov_smirnov"
    MMD = "mmd"
    CLASSIFIER = "classifier"
    PEARSON_FISHER = "pearson_fisher"
    SPEARMAN_BOOTSTRAP = "spearman_bootstrap"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """One method, in the words of the appendix."""

    answers: str
    formula: str
    source: str
    least_n: str
