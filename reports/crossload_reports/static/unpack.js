// Reads what html/packing.py wrote: a JSON head, and columns of numbers after it.

const COLUMN_TYPES = { u1: Uint8Array, u2: Uint16Array, u4: Uint32Array };

async function packed(holder) {
  if (holder.dataset.file) return (await fetch(holder.dataset.file)).body;
  const text = holder.textContent.trim();
  holder.textContent = "";
  if (Uint8Array.fromBase64) return new Blob([Uint8Array.fromBase64(text)]).stream();
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let place = 0; place < binary.length; place++) bytes[place] = binary.charCodeAt(place);
  return new Blob([bytes]).stream();
}

/** The head, with the columns in groups: `cells.saver` is `groups.cells.saver`. */
export async function unpack(holder) {
  const stream = (await packed(holder)).pipeThrough(new DecompressionStream("gzip"));
  const buffer = await new Response(stream).arrayBuffer();
  const length = new DataView(buffer).getUint32(4, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  let place = 8 + length;
  const groups = {};
  for (const [name, kind, count] of head.columns) {
    place = Math.ceil(place / 8) * 8;
    const column = new COLUMN_TYPES[kind](buffer, place, count);
    place += column.byteLength;
    const [group, own] = name.split(".");
    groups[group] ??= {};
    groups[group][own] = column;
  }
  return { ...head, ...groups };
}
