// Calls to the server: problems as errors, events by fetch. Who we are, the browser's cookie says.

async function checked(response) {
  if (response.ok) return response;
  let detail = `The server answered ${response.status}.`;
  try { detail = (await response.json()).detail || detail; } catch { /* not a problem document */ }
  throw Object.assign(new Error(detail), { status: response.status });
}

export async function call(path, method = "GET", body) {
  const file = body instanceof Blob; // sent as it is
  const type = file ? "application/octet-stream" : "application/json";
  const sent = body === undefined ? {} : { body: file ? body : JSON.stringify(body), headers: { "Content-Type": type } };
  const response = await checked(await fetch(path, { method, ...sent }));
  return response.status === 204 ? null : response.json();
}

// fetch cannot tell how much of a body was sent; XMLHttpRequest can
export function upload(form, told) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/api/jobs");
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

// Follow server-sent events until `end`; a broken connection resumes after the last change.
export async function follow(path, told, signal) {
  let last = null;
  for (let pause = 500; !signal.aborted; pause = Math.min(pause * 2, 15000)) {
    try {
      const headers = last === null ? {} : { "Last-Event-ID": last };
      const response = await checked(await fetch(path, { headers, signal }));
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
