// The page at `/`: submit, watch, read. Every text from the server is set as text, never as markup.
import { call, follow, upload } from "./api.js";

const $ = (id) => document.getElementById(id);
const make = (tag, text = "", more = {}) => Object.assign(document.createElement(tag), { textContent: text }, more);
const clock = (s) => {
  const t = Math.floor(s), two = (n) => String(n).padStart(2, "0");
  return (t >= 3600 ? `${Math.floor(t / 3600)}:${two(Math.floor(t / 60) % 60)}` : `${Math.floor(t / 60)}`) + `:${two(t % 60)}`;
};
const words = (name) => name.replaceAll("_", " ");
let shown = null, watching = new AbortController(), cursor = null;

const complain = (error) => { $("complaint").textContent = error.message; };

function entry(job) {
  const button = make("button", "", { type: "button" });
  button.append(make("span", job.title || job.id), make("span", job.status, { className: job.status }),
    make("span", new Date(job.created_at).toLocaleString()));
  button.dataset.job = job.id;
  button.addEventListener("click", () => { location.hash = job.id; });
  const item = make("li");
  item.append(button);
  return item;
}

async function list(older = false) {
  const page = await call("/api/jobs?limit=10" + (older && cursor ? `&cursor=${cursor}` : ""));
  const items = page.jobs.map(entry);
  if (older) $("jobs").append(...items); else $("jobs").replaceChildren(...items);
  cursor = page.next_cursor;
  $("more").hidden = !cursor;
  $("none").hidden = $("jobs").children.length > 0;
  mark();
}

function mark() {
  for (const button of $("jobs").querySelectorAll("button")) {
    button.toggleAttribute("aria-current", button.dataset.job === shown);
  }
}

function standing(job) {
  if (job.paused) return ["its queue is paused"];
  if (!job.queue_position) return [];
  const start = job.estimated_start_at && new Date(job.estimated_start_at).toLocaleTimeString([], { timeStyle: "short" });
  return [`number ${job.queue_position} in line`, ...(start ? [`starts at about ${start}`] : [])];
}

function tell(progress) {
  $("job-progress").value = progress.progress;
  $("job-status").textContent = [progress.status, `${Math.round(progress.progress * 100)} %`, ...standing(progress)].join(", ");
  const groups = new Map(); // the chunks of one stage are one line
  for (const stage of progress.stages) groups.set(stage.name, [...(groups.get(stage.name) || []), stage]);
  $("stages").replaceChildren(...[...groups].map(([name, stages]) => {
    const line = make("li");
    const done = stages.reduce((sum, s) => sum + s.progress, 0) / stages.length;
    const states = [...new Set(stages.map((s) => s.state))];
    const state = states.includes("running") ? "running" : states.includes("failed") ? "failed" : states[0];
    line.append(make("span", words(name)), make("progress", "", { max: 1, value: done, ariaLabel: words(name) }),
      make("span", stages.find((s) => s.note)?.note || state, { className: state === "failed" ? "failed" : "quiet" }));
    return line;
  }));
}

function link(item, text, path) {
  item.append(make("a", text, { href: path, target: "_blank", rel: "noopener" }));
}

async function results(job) {
  const [{ artifacts }, { slides }] = await Promise.all([call(job.links.artifacts), call(job.links.slides)]);
  if (shown !== job.id) return;
  $("files").replaceChildren(...artifacts.filter((a) => !a.name.includes("/")).map((a) => {
    const item = make("li");
    link(item, a.name, a.url);
    return item;
  }));
  $("files-title").hidden = artifacts.length === 0;
  $("slides-title").hidden = slides.length === 0;
  $("slides-title").textContent = slides.some((slide) => slide.provisional) ? "Slides found so far" : "Slides";
  await notShown(artifacts.find((a) => a.name === "deck.json"));
  $("slides").replaceChildren(...slides.map((slide) => {
    const item = make("li");
    const image = make("img", "", { alt: slide.text.slice(0, 200) || `Slide ${slide.number}`, loading: "lazy", width: slide.width, height: slide.height });
    image.src = slide.image;
    const name = slide.provisional ? "Slide" : `Slide ${slide.number}`;
    item.append(image, make("span", slide.deck_page ? `${name}, page ${slide.deck_page} ` : `${name} `, { className: "quiet" }));
    if (slide.annotated_image) link(item, "with annotations", slide.annotated_image);
    for (const [start, end] of slide.intervals) {
      const button = make("button", clock(start), { type: "button", title: `${clock(start)} to ${clock(end)}` });
      button.setAttribute("aria-label", `Play ${name} from ${clock(start)}`);
      button.addEventListener("click", () => play(job, start));
      item.append(button);
    }
    return item;
  }));
}

async function notShown(account) {
  const { not_shown: pages, on_screen: seen = true } = account ? await call(account.url) : { not_shown: [] };
  $("not-shown").hidden = pages.length === 0;
  $("not-shown").textContent = `Pages of the deck that were not ${seen ? "shown" : "spoken to"}: ${pages.map((p) => p.title ? `${p.page} (${p.title})` : p.page).join(", ")}`;
}

function play(job, second) {
  const player = $("player");
  if (player.dataset.job !== job.id) {
    player.dataset.job = job.id;
    player.src = job.links.recording;
    player.hidden = false;
  }
  player.currentTime = second;
  player.play();
  player.scrollIntoView({ block: "center" });
}

async function show(id, focus = true) {
  watching.abort();
  watching = new AbortController();
  const signal = watching.signal;
  const job = await call(`/api/jobs/${encodeURIComponent(id)}`);
  if (shown !== id) for (const part of ["files", "slides"]) $(part).replaceChildren();
  shown = id;
  Object.assign($("player"), { hidden: true }).removeAttribute("src");
  delete $("player").dataset.job;
  $("job").hidden = false;
  $("job-title").textContent = job.title || job.id;
  if (focus) $("job-title").focus();
  tell(job);
  const over = ["succeeded", "failed", "cancelled"].includes(job.status);
  $("cancel").hidden = over;
  $("retry").hidden = !["failed", "cancelled"].includes(job.status);
  $("delete").hidden = !over;
  if (over) $("job-status").textContent = [job.status, job.error?.message, ...job.warnings].filter(Boolean).join(". ");
  $("job-status").className = job.status;
  mark();
  await results(job);
  if (over) return;
  await follow(job.links.events, (event, data) => {
    if (event === "progress") tell(data);
    if (event === "change" && data.type === "stage.succeeded") results(job).catch(complain);
  }, signal);
  if (!signal.aborted) { await list(); await show(id, false); }
}

const act = (id, method, path = "") => $(id).addEventListener("click", async () => {
  try {
    await call(`/api/jobs/${shown}${path}`, method);
    if (method === "DELETE") { watching.abort(); shown = null; $("job").hidden = true; location.hash = ""; }
    else await show(shown, false);
    await list();
  } catch (error) { complain(error); }
});
act("cancel", "POST", "/cancel");
act("retry", "POST", "/retry");
act("delete", "DELETE");

$("submit").addEventListener("submit", async (event) => {
  event.preventDefault();
  $("complaint").textContent = "";
  const file = $("file").files[0], deck = $("deck").files[0], url = $("url").value.trim(), title = $("title").value.trim();
  try {
    let job;
    if (file) {
      const form = new FormData();
      if (title) form.append("title", title);
      if (deck) form.append("deck", deck);
      form.append("file", file);
      $("sending").hidden = false;
      job = await upload(form, (share) => { $("sending").value = share; });
    } else if (url) {
      const sent = deck && await call(`/api/uploads?filename=${encodeURIComponent(deck.name)}`, "POST", deck);
      job = await call("/api/jobs", "POST", { url, title, ...(sent && { deck: sent.upload_id }) });
    } else throw new Error("Choose a recording, or give its address.");
    $("submit").reset();
    await list();
    location.hash = job.id;
  } catch (error) { complain(error); }
  $("sending").hidden = true;
});

const drop = document.querySelector(".drop");
for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", name === "dragover");
    if (name === "drop" && event.dataTransfer.files.length) $("file").files = event.dataTransfer.files;
  });
}

const route = () => { const id = location.hash.slice(1); if (id && id !== shown) show(id).catch(complain); };
const begin = () => list().then(route).catch(complain);
$("more").addEventListener("click", () => list(true).catch(complain));
window.addEventListener("hashchange", route);

// With keys, the key is asked for once; from then on the browser's cookie is what the server knows it by.
const needsKey = document.body.dataset.needsKey === "yes";
function signedIn(yes) {
  $("sign-in").hidden = yes;
  $("sign-out").hidden = !yes || !needsKey;
  for (const part of ["submit", "jobs-part"]) $(part).hidden = !yes;
  if (!yes) { watching.abort(); shown = null; $("job").hidden = true; $("key").focus(); }
}
$("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await call("/api/session", "POST", { key: $("key").value.trim() });
    $("sign-in").reset();
    $("refusal").textContent = "";
    signedIn(true);
    begin();
  } catch (error) { $("refusal").textContent = error.message; }
});
$("sign-out").addEventListener("click", () => call("/api/session", "DELETE").then(() => signedIn(false)).catch(complain));
list().then(() => { signedIn(true); route(); }).catch((error) => {
  signedIn(error.status !== 401);
  if (error.status !== 401) complain(error);
});
