"""What a careful person would write, beside the generated text."""


def value_and_grad(a, x0, n):
    total = 0.0
    x = x0
    kept = []
    for _ in range(n):
        kept.append(x)
        x = a * x * (1 - x)
        total += x * x
    a_bar = 0.0
    x_bar = 0.0
    for before in reversed(kept):
        after = a * before * (1 - before)
        x_bar += 2 * after
        a_bar += x_bar * before * (1 - before)
        x_bar *= a * (1 - 2 * before)
    return total, (a_bar, x_bar)
