"""Texts that a page must show as they are."""

ATTACKS = [
    "<script>window.attacked = 1</script>",
    '"><img src=x onerror="window.attacked = 1">',
    "' autofocus onfocus='window.attacked = 1",
    "</style></script></title><svg onload=window.attacked=1>",
    "javascript:window.attacked=1",
    "{{ 7 * 7 }} {% raw %}",
    "&lt;b&gt; &amp; <b>",
]
