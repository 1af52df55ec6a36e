// A click on a time plays the recording from there; while it plays, the sentence being said is marked.
"use strict";
const player = document.getElementById("player");
const said = [...document.querySelectorAll(".transcript span[data-second]")];
const seconds = said.map((sentence) => Number(sentence.dataset.second));
let marked = null;

document.addEventListener("click", (event) => {
  const time = event.target.closest("a.time");
  const sentence = event.target.closest(".transcript span[data-second]");
  const from = time || (document.getSelection().isCollapsed ? sentence : null);
  if (!from || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  player.currentTime = Number(from.dataset.second);
  player.play().catch(() => { if (time) location.assign(time.href); });
});

player.addEventListener("timeupdate", () => {
  let low = 0, high = seconds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (seconds[middle] <= player.currentTime) low = middle + 1; else high = middle;
  }
  const current = said[low - 1] || null;
  if (current === marked) return;
  marked?.removeAttribute("aria-current");
  current?.setAttribute("aria-current", "true");
  marked = current;
});
