/** The hemicycle: one wedge per seat, as wide as its weight, filled as far as its confidence. */
import { percent } from './fold.js';

const NAMESPACE = 'http://www.w3.org/2000/svg';
const CENTRE = { x: 340, y: 330 };
const INNER = 160;
const OUTER = 320;

function shape(tag, attributes = {}, ...children) {
  const node = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function at(radius, angle) {
  return `${(CENTRE.x - radius * Math.cos(angle)).toFixed(1)} ${(CENTRE.y - radius * Math.sin(angle)).toFixed(1)}`;
}

/** Outline of a ring sector; angles in radians from the left end, clockwise. */
function sector({ from, to }, inner, outer) {
  return `M${at(outer, from)} A${outer} ${outer} 0 0 1 ${at(outer, to)} L${at(inner, to)} A${inner} ${inner} 0 0 0 ${at(inner, from)} Z`;
}

/** Draws the chamber; `onPoint(seatId)` runs on click, Enter and space. */
export function chamber({ glyphs, onPoint }) {
  const wedges = shape('g');
  const value = shape('text', { class: 'value', x: CENTRE.x, y: CENTRE.y - 48 });
  const word = shape('text', { class: 'word', x: CENTRE.x, y: CENTRE.y - 10 });
  const hatch = shape(
    'pattern',
    { id: 'hatch', width: 8, height: 8, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
    shape('rect', { width: 8, height: 8, fill: 'var(--empty)' }),
    shape('rect', { width: 3, height: 8, fill: 'var(--plain)', opacity: 0.55 }),
  );
  const root = shape(
    'svg',
    { class: 'chamber', viewBox: '0 0 680 345', role: 'group' },
    shape('defs', {}, hatch),
    wedges,
    value,
    word,
  );
  let drawn = '';
  const update = (picture) => {
    const { seats, tally, verdict } = picture;
    const roster = seats.map((seat) => `${seat.seat}${seat.weightBp}`).join();
    if (roster !== drawn) {
      drawn = roster;
      wedges.replaceChildren(...drawWedges(seats, onPoint));
    }
    seats.forEach((seat, index) => paint(wedges.children[index], seat, glyphs));
    value.textContent = tally ? percent(tally.valueBp) : '';
    const outcome = verdict?.body.outcome;
    word.textContent = outcome ?? (tally ? prospect(tally) : 'waiting');
    word.dataset.state = outcome ?? 'none';
    root.setAttribute(
      'aria-label',
      `Council: ${seats.map((seat) => `${seat.title} ${seat.state}`).join(', ')}`,
    );
  };
  return { root, update };
}

function drawWedges(seats, onPoint) {
  const total = seats.reduce((sum, seat) => sum + seat.weightBp, 0);
  let from = 0;
  return seats.map((seat) => {
    const to = from + (Math.PI * seat.weightBp) / total;
    const span = { from, to };
    from = to;
    const wedge = shape(
      'g',
      { class: 'wedge', tabindex: 0, role: 'button' },
      shape('path', { class: 'back', d: sector(span, INNER, OUTER) }),
      shape('path', { class: 'fill' }),
      nameText(seat, span),
      glyphText(span),
      shape('title'),
    );
    wedge.span = span;
    wedge.addEventListener('click', () => onPoint(seat.seat));
    wedge.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      onPoint(seat.seat);
    });
    return wedge;
  });
}

function nameText(seat, { from, to }) {
  const middle = (from + to) / 2;
  const isLeft = middle < Math.PI / 2;
  const degrees = (middle * 180) / Math.PI;
  const [x, y] = at(OUTER - 10, middle).split(' ');
  const text = shape('text', {
    class: 'name',
    x,
    y,
    'text-anchor': isLeft ? 'start' : 'end',
    'dominant-baseline': 'central',
    transform: `rotate(${isLeft ? degrees : degrees - 180} ${x} ${y})`,
  });
  text.textContent = seat.title;
  return text;
}

function glyphText({ from, to }) {
  const [x, y] = at(INNER + 18, (from + to) / 2).split(' ');
  return shape('text', { class: 'glyph', x, y });
}

function paint(wedge, seat, glyphs) {
  const confidence = seat.ballot ? seat.ballot.body.confidenceBp / 10000 : 0;
  // A vote of little confidence still shows the colour behind its glyph.
  const reach = seat.ballot ? INNER + (OUTER - INNER) * Math.max(0.22, confidence) : INNER;
  wedge.dataset.state = seat.state;
  const [, fill, , glyph, title] = wedge.children;
  fill.setAttribute('d', seat.ballot ? sector(wedge.span, INNER, reach) : '');
  glyph.textContent = glyphs[seat.state] ?? '';
  const figures = seat.ballot
    ? `, score ${percent(seat.ballot.body.scoreBp)}, confidence ${percent(seat.ballot.body.confidenceBp)}`
    : '';
  title.textContent = `${seat.title}: ${seat.state}${figures}, weight ${seat.weightBp / 100}`;
  wedge.setAttribute('aria-label', title.textContent);
}

/** What the tally can still become, in two words. */
function prospect({ reachableBp: [lowest, highest], thresholdBp }) {
  if (highest < thresholdBp) return 'below the line';
  return lowest >= thresholdBp ? 'above the line' : 'undecided';
}
