// A block of cells pasted into a figure fills the figures beside and below it, in the order of the page.
// Comfort only: with scripts off, the field at the end of the form takes the same block.
"use strict";

(() => {
  const MOST_ROWS = 60;
  const rows = () =>
    [...document.querySelectorAll(".columns--survey .figure-rows")].map((group) => [
      ...group.querySelectorAll("input.input--figure"),
    ]);
  const told = document.getElementById("pasted-told");

  const cells = (text) =>
    text
      .replace(/\r\n?/g, "\n")
      .replace(/\n+$/, "")
      .split("\n")
      .slice(0, MOST_ROWS)
      .map((line) => line.split("\t").map((cell) => cell.trim()));

  const fill = (table, from, column) => {
    let filled = 0;
    table.forEach((line, down) => {
      line.forEach((cell, across) => {
        const input = (from[down] || [])[column + across];
        if (!input || cell === "") return;
        input.value = cell;
        input.dispatchEvent(new Event("input", { bubbles: true }));
        input.closest("details")?.setAttribute("open", "");
        filled += 1;
      });
    });
    return filled;
  };

  document.addEventListener("paste", (event) => {
    const input = event.target;
    if (!(input instanceof HTMLInputElement) || !input.matches(".figure-rows input.input--figure")) return;
    const text = event.clipboardData?.getData("text/plain") ?? "";
    const table = cells(text);
    // One cell is pasted as ever; names among the figures are for the field that reads names.
    if (table.length === 1 && table[0].length === 1) return;
    if (!table.every((line) => line.every((cell) => cell === "" || /[0-9０-９]/.test(cell)))) return;
    const all = rows();
    const row = all.findIndex((each) => each.includes(input));
    event.preventDefault();
    const filled = fill(table, all.slice(row), all[row].indexOf(input));
    if (told) told.textContent = `貼り付けた${filled}つの数を入れました。まだ送信されていません。`;
  });
})();
