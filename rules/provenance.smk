# Whether the README's images are those that `make readme` drew, and what has changed since.
# Not part of `all`: what is wrong with them is put right by drawing them again.
rule provenance:
    output:
        OUT / "provenance.txt",
    params:
        code=provenance.code(
            *(module for theory in theories().values() for module in theory.modules),
            "workflow.provenance",
            texts=["README.md", "docs/images/*", "envs/requirements.lock", "config/*.yaml"],
        ),
    log:
        OUT / "logs/provenance.log",
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=1000,
        runtime=needs.BASE_MINUTES,
    shell:
        "python -m workflow.provenance > {output:q} 2> {log:q}"
