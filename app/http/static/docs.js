// A readable view of /api/openapi.json.
const make = (tag, text = "", more = {}) => Object.assign(document.createElement(tag), { textContent: text }, more);

const named = (schema) => {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map(named).join(" or ");
  if (schema.enum) return schema.enum.join(", ");
  if (schema.type === "array") return `list of ${named(schema.items)}`;
  return [schema.type, schema.format].filter(Boolean).join(" ");
};

// Text in which `this` is code.
const prose = (tag, text) => {
  const made = make(tag);
  text.split(/`([^`]+)`/).forEach((part, place) => made.append(place % 2 ? make("code", part) : part));
  return made;
};

function table(heads, rows) {
  const made = make("table"), head = make("tr");
  head.append(...heads.map((h) => make("th", h, { scope: "col" })));
  made.append(head, ...rows.map((cells) => {
    const row = make("tr");
    row.append(...cells.map((c) => prose("td", c)));
    return row;
  }));
  return made;
}

function operation(path, method, found) {
  const box = make("details"), summary = make("summary");
  summary.append(make("code", `${method.toUpperCase()} ${path}`), " ", prose("span", found.summary));
  box.append(summary);
  if (found.parameters) {
    box.append(make("h3", "Parameters"), table(["name", "in", "type", ""],
      found.parameters.map((p) => [p.name, p.in, named(p.schema), p.description || ""])));
  }
  if (found.requestBody) {
    box.append(make("h3", "Body"), table(["content type", "shape"],
      Object.entries(found.requestBody.content).map(([type, c]) => [type,
        c.schema?.properties ? Object.keys(c.schema.properties).join(", ") : named(c.schema)])));
  }
  box.append(make("h3", "Answers"), table(["status", "meaning", "shape"],
    Object.entries(found.responses).map(([code, r]) => [code, r.description,
      Object.entries(r.content || {}).map(([type, c]) => `${type} ${named(c.schema)}`).join("; ")])));
  return box;
}

const api = await (await fetch("/api/openapi.json")).json();
document.getElementById("about").replaceChildren(prose("span", api.info.description));
const parts = [make("h2", "Operations")];
for (const [path, methods] of Object.entries(api.paths)) {
  for (const [method, found] of Object.entries(methods)) parts.push(operation(path, method, found));
}
parts.push(make("h2", "Shapes"));
for (const [name, schema] of Object.entries(api.components.schemas)) {
  const box = make("details");
  const needed = new Set(schema.required || []);
  box.append(make("summary", name), table(["field", "type", ""],
    Object.entries(schema.properties || {}).map(([field, s]) => [field + (needed.has(field) ? "" : " (optional)"), named(s), s.description || ""])));
  parts.push(box);
}
document.getElementById("operations").replaceChildren(...parts);
