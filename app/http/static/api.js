// Calls to the server: the key (where one is needed), problems as errors, events by fetch.

let key = sessionStorage.getItem("lectern-key") || "";

export const setKey = (value) => { key = value.trim(); sessionStorage.setItem("lectern-key", key); };
export const hasKey = () => key !== "";
const headers = (more = {}) => (key ? { Authorization: `Bearer ${key}`, ...more } : more);

async function checked(response) {
  if (response.ok) return response;
  let detail = `The server answered ${response.status}.`;
  try { detail = (await response.json()).detail || detail; } catch { /* not a problem document */ }
  throw Object.assign(new Error(detail), { status: response.status });
}

export async function call(path, method = "GET", body) {
  const file = body instanceof Blob; // sent as it is
  const type = file ? "application/octet-stream" : "application/json";
  const sent = body === undefined ? {} : { body: file ? body : JSON.stringify(body), headers: headers({ "Content-Type": type }) };
  const response = await checked(await fetch(path, { method, headers: headers(), ...sent }));
  return response.status === 204 ? null : response.json();
}

// fetch cannot tell how much of a body was sent; XMLHttpRequest can
export function upload(form, told) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/api/jobs");
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
    request.upload.onprogress = (e) => told(e.lengthComputable ? e.loaded / e.total : 0);
    request.onerror = () => reject(new Error("The connection broke off; please send it again."));
    request.onload = () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { /* told below */ }
      if (request.status < 300) resolve(answer);
      else reject(new Error(answer.detail || `The server answered ${request.status}.`));
    };
    request.send(form);
  });
}

// A browser sends no Authorization header for images and links, so with a key they are fetched first.
export async function address(path) {
  if (!key) return path;
  return URL.createObjectURL(await (await checked(await fetch(path, { headers: headers() }))).blob());
}

// Follow server-sent events until `end`; a broken connection resumes after the last change.
export async function follow(path, told, signal) {
  let last = null;
  for (let pause = 500; !signal.aborted; pause = Math.min(pause * 2, 15000)) {
    try {
      const more = last === null ? {} : { "Last-Event-ID": last };
      const response = await checked(await fetch(path, { headers: headers(more), signal }));
      if (response.status === 204) return;
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        pause = 500;
        const frames = (text + part.value).split("\n\n");
        text = frames.pop();
        for (const frame of frames) {
          const fields = Object.fromEntries(frame.split("\n").filter((l) => !l.startsWith(":")).map((l) => l.split(/: (.*)/s).slice(0, 2)));
          if (fields.id) last = fields.id;
          if (fields.event) told(fields.event, JSON.parse(fields.data));
          if (fields.event === "end") return;
        }
      }
    } catch (error) {
      if (signal.aborted || [401, 404].includes(error.status)) return;
    }
    await new Promise((done) => setTimeout(done, pause));
  }
}
