"use strict";
{
  const table = document.getElementById("fleet"), body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const find = document.getElementById("find"), show = document.getElementById("show");
  const found = document.getElementById("found"), said = found.textContent;
  const order = table.dataset.order.split(" ");
  const gravity = (cell) => order.indexOf(cell.classList[0]);
  const natural = new Intl.Collator("en", {numeric: true}).compare;

  const rows = [...body.rows].map((row) => {
    const name = row.cells[0].textContent, link = row.cells[0].querySelector("a");
    const story = link && document.querySelector(link.hash).parentElement;
    return {row, name, story, text: null, classes: null};
  });

  // Looked up once, when it is first asked for: a large fleet opens sooner.
  const textOf = (each) => each.text ??= (each.name + " " + (each.story?.textContent ?? "")).toLowerCase();
  const classesOf = (each) => each.classes ??=
    new Set([...each.row.cells].flatMap((cell) => [...cell.classList]));

  const sift = () => {
    const word = find.value.trim().toLowerCase(), wanted = show.value.split(" ").filter(Boolean);
    let left = 0;
    for (const each of rows) {
      const fits = (!word || textOf(each).includes(word))
        && (!wanted.length || wanted.some((name) => classesOf(each).has(name)));
      each.row.hidden = !fits;
      if (each.story) each.story.hidden = !fits;
      left += fits;
    }
    found.textContent = left === rows.length ? said : `${left.toLocaleString("en")} of ${said}`;
  };

  const compared = (place) => {
    if (place === 0) return (one, other) => natural(one.name, other.name);
    const keys = new Map(rows.map((each) => {
      const cell = each.row.cells[place];
      const figure = parseFloat(cell.querySelector("b")?.textContent);
      return [each, [-gravity(cell), Number.isNaN(figure) ? -Infinity : -figure]];
    }));
    return (one, other) => {
      const [[grave, figure], [its, another]] = [keys.get(one), keys.get(other)];
      return grave - its || (figure - another) || natural(other.name, one.name);
    };
  };

  const sort = (place) => {
    // The host's name begins at A, all else with the gravest.
    const first = place === 0 ? "ascending" : "descending";
    const other = place === 0 ? "descending" : "ascending";
    const direction = heads[place].getAttribute("aria-sort") === first ? other : first;
    for (const head of heads) head.removeAttribute("aria-sort");
    heads[place].setAttribute("aria-sort", direction);
    const sign = direction === "ascending" ? 1 : -1, compare = compared(place);
    rows.sort((one, other) => sign * compare(one, other));
    body.append(...rows.map((each) => each.row));
  };

  heads.forEach((head, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sort(place));
    head.replaceChildren(button);
  });

  let waiting = 0;
  find.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(sift, 120);
  });
  show.addEventListener("change", sift);
  const sieve = document.getElementById("sieve");
  sieve.addEventListener("submit", (event) => event.preventDefault());
  sieve.hidden = false;
  document.getElementById("still").remove();
  // A browser that comes back to the page may have kept what was typed.
  if (find.value || show.value) sift();
}
