# Whether the README's images are those that `make readme` drew, and what has changed since.
# Not part of `all`: what is wrong with them is put right by drawing them again.
README = Path(workflow.basedir, "README.md").read_text(encoding="utf-8")


rule provenance:
    input:
        "README.md",
        "docs/images/provenance.json",
        expand("docs/images/{image}.png", image=provenance.shown(README)),
    output:
        OUT / "provenance.txt",
    params:
        code=provenance.code("workflow.provenance"),
    log:
        OUT / "logs/provenance.log",
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=1000,
        runtime=needs.BASE_MINUTES,
    shell:
        "python -m workflow.provenance > {output:q} 2> {log:q}"
