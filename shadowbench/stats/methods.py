"""The methods by name, for whoever prints an appendix: what each answers, its formula, its source, and when it refuses."""

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
    WILSON = "wilson"
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
    WEIGHTED_TOTAL = "weighted_total"
    NON_INFERIORITY = "non_inferiority"
    TOST = "tost"
    COCHRAN_Q = "cochran_q"
    ASYMPTOTIC_SEQUENCE = "asymptotic_sequence"
    BETTING_SEQUENCE = "betting_sequence"
    BERNSTEIN_SEQUENCE = "bernstein_sequence"
    QUANTILE_SEQUENCE = "quantile_sequence"
    WOODRUFF_SEQUENCE = "woodruff_sequence"
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
    refused: str  # when there is no answer; "never" where there always is one


ABOUT: dict[Method, About] = {
    Method.CLUSTER_T: About(
        answers="Where the mean lies, or the mean difference of pairs.",
        formula="x̄ = Σwx/Σw; se² = C/(C−1) · Σ_c (Σ_{i∈c} wᵢ(xᵢ−x̄))² / (Σw)²; x̄ ± t_{C−1}·se; w = 1/π",
        source="Liang & Zeger 1986; Hájek 1971; Miller 2024 (arXiv 2411.00640)",
        refused="below 2 clusters; where all values are alike",
    ),
    Method.ALL_ALIKE: About(
        answers="Where the mean lies when all values are the same one and their bounds are known.",
        formula="x ± (distance to the bound) · (1 − α^(1/C)), C by worth: the rule of three",
        source="Hanley & Lippman-Hand 1983; Clopper & Pearson 1934",
        refused="never",
    ),
    Method.BCA_BOOTSTRAP: About(
        answers="Where a smooth function of means lies: a ratio, a variance; not a quantile.",
        formula="quantiles Φ(z₀ + (z₀+z_α)/(1−a(z₀+z_α))) of resampled clusters; z₀ = Φ⁻¹(#{t*<t}/B), a from the jackknife",
        source="Efron 1987; Efron & Tibshirani 1993, ch. 14",
        refused="below 10 clusters; where nothing varies",
    ),
    Method.PERCENTILE_BOOTSTRAP: About(
        answers="Where a statistic lies that is not smooth, above all a difference of quantiles.",
        formula="quantiles α/2 and 1−α/2 of resampled clusters",
        source="Efron 1979",
        refused="below 10 clusters, by worth, or below a quantile's least n; where a bound lies beyond what was waited for",
    ),
    Method.LITTLE_BOOTSTRAPS: About(
        answers="Where a statistic lies, of more than 20,000 clusters or values.",
        formula="10 bags of C^0.6 clusters, each resampled to C; the bags' mean distances of quantiles around the whole value",
        source="Kleiner, Talwalkar, Sarkar & Jordan 2014",
        refused="below 10 clusters",
    ),
    Method.SIGN_FLIP: About(
        answers="Whether differences are symmetric about zero, however few clusters there are.",
        formula="p = #{|Σ±S_c| ≥ |ΣS_c|}/2^C, exact up to 20 clusters; else (1+#)/(1+B)",
        source="Fisher 1935; Phipson & Smyth 2010",
        refused="where all differences are zero",
    ),
    Method.WILSON: About(
        answers="Where a rate lies: errors, refusals.",
        formula="(p + z²/2n ± z·√(p(1−p)/n + z²/4n²))/(1 + z²/n), n the effective one: p(1−p)/se² of the clusters",
        source="Wilson 1927; Korn & Graubard 1998",
        refused="without values",
    ),
    Method.MCNEMAR_EXACT: About(
        answers="Whether pairs that differ do so as often one way as the other.",
        formula="2·P(X ≤ min(b, c)), X ~ Binomial(b+c, ½)",
        source="McNemar 1947",
        refused="where no pair differs",
    ),
    Method.MCNEMAR_MID_P: About(
        answers="Whether pairs that differ do so as often one way as the other; less timid than exact.",
        formula="2·P(X ≤ min(b, c)) − P(X = min(b, c))",
        source="Fagerland, Lydersen & Laake 2013",
        refused="where no pair differs",
    ),
    Method.NEWCOMBE_10: About(
        answers="By how much shares of yes differ on the same pairs.",
        formula="Wilson's intervals of both sides, squared and added with the continuity-corrected φ",
        source="Newcombe 1998, method 10",
        refused="without pairs",
    ),
    Method.TANGO: About(
        answers="By how much shares of yes differ on the same pairs, also for few; and whether by less than a margin.",
        formula="all δ with |b − c − nδ| ≤ z·√(n(2q̃ + δ(1−δ)))",
        source="Tango 1998",
        refused="without pairs",
    ),
    Method.WILCOXON_PRATT: About(
        answers="Whether differences of ordered scores are symmetric about zero.",
        formula="W⁺ of ranks of |d|, zeros ranked and left out; exact up to 200 values, else z = ΣR/√(Σ_c (Σ R)²)",
        source="Wilcoxon 1945; Pratt 1959",
        refused="where all differences are zero",
    ),
    Method.HODGES_LEHMANN: About(
        answers="The typical shift of ordered scores, not pulled by outliers.",
        formula="median of (dᵢ+dⱼ)/2, i ≤ j; interval: the shifts that the signed-rank test does not reject",
        source="Hodges & Lehmann 1963",
        refused="interval below 6 clusters",
    ),
    Method.ORDER_STATISTICS: About(
        answers="Where a quantile of independent values lies: p50, p95, p99.",
        formula="(x₍l₎, x₍u₎), l = Binomial⁻¹(α/2; n, q), u = Binomial⁻¹(1−α/2; n, q) + 1",
        source="Conover 1999, 3.2",
        refused="below ln(α/2)/ln(max(q, 1−q)) values: 72 for p95, 368 for p99 at 95 %; bounds beyond what was waited for",
    ),
    Method.WOODRUFF: About(
        answers="Where a quantile of clustered or weighted values lies.",
        formula="quantiles at q ± t_{C−1}·se of the share below, C by worth",
        source="Woodruff 1952; Francisco & Fuller 1991",
        refused="below as many effective values as order statistics need",
    ),
    Method.WOODRUFF_CONTRAST: About(
        answers="How far apart quantiles of both sides are, of more than 20,000 pairs.",
        formula="Woodruff's intervals of both sides, squared and added with the correlation of the shares below",
        source="Woodruff 1952; Zou & Donner 2008",
        refused="as each side's quantile",
    ),
    Method.GEOMETRIC_RATIO: About(
        answers="How many times slower or dearer a typical pair is.",
        formula="exp(mean ln(x/y)), interval of the mean of logarithms (cluster_t)",
        source="Fleming & Wallace 1986",
        refused="as cluster_t; zeros are an error",
    ),
    Method.RATIO_OF_MEANS: About(
        answers="Candidate's total over production's; cost per correct answer.",
        formula="R = Σwx/Σwy; influence of a cluster: Σ w(x − Ry)/Σwy (delta method)",
        source="Cochran 1977, 6.3",
        refused="below 2 clusters; where the denominator may be zero",
    ),
    Method.FIELLER: About(
        answers="The ratio of totals, better where the denominator is uncertain.",
        formula="all r with |x̄ − rȳ| ≤ t·√(v_x − 2r·v_xy + r²·v_y)",
        source="Fieller 1954",
        refused="as ratio_of_means",
    ),
    Method.WEIGHTED_TOTAL: About(
        answers="What all of the traffic comes to, from a sample with known probabilities.",
        formula="N̂x̄, N̂ = Σ1/π; influence of a cluster: (N̂/Σw)·Σ w(x − x̄) + x̄·Σ w√(1 − π), as if drawn together",
        source="Horvitz & Thompson 1952; Hájek 1971; Särndal, Swensson & Wretman 1992, ch. 4",
        refused="below 2 clusters; where all values are alike and everything was drawn",
    ),
    Method.NON_INFERIORITY: About(
        answers="Whether the candidate is not worse by the margin or more.",
        formula="t = (d̄ + margin)/se, one-sided",
        source="Piaggio et al. 2012 (CONSORT)",
        refused="where there is no standard error",
    ),
    Method.TOST: About(
        answers="Whether both sides are the same within the margin.",
        formula="the larger p of both one-sided tests",
        source="Schuirmann 1987",
        refused="where there is no standard error",
    ),
    Method.COCHRAN_Q: About(
        answers="Whether slices differ from each other.",
        formula="Q = Σ(x − x̄)²/se², x̄ weighted by 1/se²; χ²_{k−1}",
        source="Cochran 1954",
        refused="below two slices with a standard error",
    ),
    Method.ASYMPTOTIC_SEQUENCE: About(
        answers="Where the mean lies, at all looks at once.",
        formula="x̄ ± se·√((u+1)/u · ln((u+1)/α²)), u = C·ρ², ρ² = (−2 ln α + ln(−2 ln α) + 1)/C_tuned; "
        "of bounded values se² + 3·(range/C)², C by worth",
        source="Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas 2024, prop. 2.5",
        refused="before 100 clusters, or clusters worth as many",
    ),
    Method.BETTING_SEQUENCE: About(
        answers="Where the mean of bounded values lies, at all looks at once; exact from the first value on.",
        formula="all m with max(½∏(1+λ⁺ₜ(xₜ−m)), ½∏(1−λ⁻ₜ(xₜ−m))) ≤ 1/α",
        source="Waudby-Smith & Ramdas 2024",
        refused="without values",
    ),
    Method.BERNSTEIN_SEQUENCE: About(
        answers="Where the mean of bounded values lies, after each of them: a band over time.",
        formula="Σλx/Σλ ± (ln(2/α) + Σ(xₜ−x̄ₜ₋₁)²·(−ln(1−λₜ)−λₜ))/Σλ",
        source="Waudby-Smith & Ramdas 2024, theorem 2",
        refused="without values",
    ),
    Method.QUANTILE_SEQUENCE: About(
        answers="Where a quantile of independent values lies, at all looks at once.",
        formula="quantiles at q ± (1.5·√(q(1−q)·l) + 0.8·l), l = (1.4·ln ln(2.1·n) + ln(10/α))/n",
        source="Howard & Ramdas 2022",
        refused="while a bound lies beyond the values there are, or beyond what was waited for",
    ),
    Method.WOODRUFF_SEQUENCE: About(
        answers="How far apart quantiles of both sides are, or where one lies, at all looks at once; clustered and weighted.",
        formula="quantiles at q ± m·se of the share below, m = √((u+1)/u · ln((u+1)/α²)); sides squared and added",
        source="Woodruff 1952; Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas 2024, prop. 2.5; Zou & Donner 2008",
        refused="before 100 clusters, or clusters worth as many; as each side's quantile",
    ),
    Method.DISCORDANT_E_PROCESS: About(
        answers="Whether wins and losses are uneven, at any look.",
        formula="E = 2^(W+L)·B(½+W, ½+L)/B(½, ½); p = min(1, 1/E)",
        source="Robbins 1970; Ramdas, Grünwald, Vovk & Shafer 2023",
        refused="never",
    ),
    Method.MSPRT: About(
        answers="Whether the mean is another than told, at any look.",
        formula="Λ = (1+u)^(−½)·exp(z²u/(2(1+u))); p = min(1, 1/Λ)",
        source="Robbins 1970; Johari, Koomen, Pekelis & Walsh 2022",
        refused="before 100 clusters",
    ),
    Method.PLANNED_LOOKS: About(
        answers="Where the mean lies, at few looks that were planned.",
        formula="x̄ ± bound·se; bounds spend 4 − 4Φ(z₁₋α/₄/√t) up to fraction t",
        source="O'Brien & Fleming 1979; Lan & DeMets 1983; Armitage, McPherson & Rowe 1969",
        refused="as cluster_t",
    ),
    Method.CONTROLLED_WIN_RATE: About(
        answers="How often the candidate would win at equal length and style.",
        formula="1/(1+e^(−θ)), logit P = θ + Σβ·z, z = (a−b)/(a+b) scaled; ridge ½Σβ²; clustered sandwich",
        source="Dubois, Galambosi, Liang & Hashimoto 2024 (arXiv 2404.04475)",
        refused="below 30 clusters, by worth; where below 10 % of pairs are alike, or lengths differ threefold at the median",
    ),
    Method.BRADLEY_TERRY: About(
        answers="How strong each of several contestants is against production.",
        formula="P(i beats j) = 1/(1+e^(bⱼ−bᵢ)), maximum likelihood; clustered sandwich",
        source="Bradley & Terry 1952; Ford 1957",
        refused="where somebody never won or never lost; with no more clusters than contestants",
    ),
    Method.ROGAN_GLADEN: About(
        answers="The true share, from a judge whose errors were measured.",
        formula="(p+q₀−1)/(q₀+q₁−1); interval with p, q₀, q₁ pulled to the middle",
        source="Rogan & Gladen 1978; Lang & Reiczigel 2014",
        refused="below 20 labels, or 5 of a kind; where the judge is not shown to be better than chance",
    ),
    Method.PREDICTION_POWERED: About(
        answers="The mean that people's labels would have, sharpened by a judge.",
        formula="λ·mean(F) + mean(y − λf), λ = Cov(y,f)/((1+n/N)·Var(f)) in [0, 1]; clustered, t of labelled clusters by worth",
        source="Angelopoulos et al. 2023; Angelopoulos, Duchi & Zrnic 2023 (arXiv 2311.01453)",
        refused="below 20 labelled clusters, by worth",
    ),
    Method.PSI: About(
        answers="Whether a number's distribution moved, over quantile bins.",
        formula="Σ(a−e)·ln(a/e); without drift χ²_{B−1}·(1/n+1/m)",
        source="Yurdakul 2018",
        refused="below 50 values in a sample; where all values are alike",
    ),
    Method.JENSEN_SHANNON: About(
        answers="Whether shares of categories moved.",
        formula="√(H((a+b)/2) − (H(a)+H(b))/2), base 2; p by χ²",
        source="Lin 1991",
        refused="below 50 values in a sample",
    ),
    Method.KOLMOGOROV_SMIRNOV: About(
        answers="Whether a number's distribution moved, anywhere.",
        formula="max|F(x) − G(x)|; p by Kolmogorov's limit",
        source="Smirnov 1939; Stephens 1970",
        refused="below 50 values in a sample; where all values are alike",
    ),
    Method.MMD: About(
        answers="Whether vectors moved.",
        formula="mean k(x,x′) + mean k(y,y′) − 2·mean k(x,y), Gaussian k of median width; p by exchanging clusters",
        source="Gretton et al. 2012",
        refused="below 50 vectors or 10 clusters in a sample",
    ),
    Method.CLASSIFIER: About(
        answers="Whether vectors moved, and in which features.",
        formula="area under ROC of a ridge logistic regression, out of fold; p by exchanging clusters",
        source="Lopez-Paz & Oquab 2017",
        refused="below 50 vectors or 10 clusters in a sample",
    ),
    Method.PEARSON_FISHER: About(
        answers="How far two numbers go together in a line.",
        formula="tanh(artanh r ± z/√(n−3)); clustered: se from influences zₓz_y − r(zₓ²+z_y²)/2",
        source="Fisher 1921",
        refused="below 8 clusters; where one does not vary",
    ),
    Method.SPEARMAN_BOOTSTRAP: About(
        answers="How far two numbers rise together.",
        formula="correlation of midranks; clusters resampled and ranked anew",
        source="Spearman 1904; Efron 1979",
        refused="interval below 10 clusters; where one does not vary",
    ),
}
