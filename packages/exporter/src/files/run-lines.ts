import type { IndexView } from './index-view.ts';
import { KnownLines, type CellRef } from './known-lines.ts';
import { LineFiles, type LineFilesOptions } from './line-files.ts';
import type { ListedFile } from './file-names.ts';

/** A revision that is said to be superseded. */
interface Gone {
  readonly id: Buffer;
  readonly revision: number;
}

/** Files of lines, and where each run's current line is in them. */
export class RunLines {
  readonly files: LineFiles;
  readonly known: KnownLines;
  #broken = 0;

  constructor(options: Omit<LineFilesOptions, 'onAnew'>) {
    this.files = new LineFiles({ ...options, onAnew: (file, view) => this.#relearn(file, view) });
    this.known = new KnownLines((ref, id) => this.files.cell(ref)?.isId(0, id) ?? false);
  }

  /** Lines that are none. */
  get broken(): number {
    return this.#broken;
  }

  /** Forgets what it knew and learns what is there. */
  async load(listed: readonly ListedFile[]): Promise<void> {
    this.known.clear();
    this.#broken = 0;
    const gone: Gone[] = [];
    await this.files.load(listed, (file, view) => this.#learn(file, view, gone));
    this.#hide(gone);
  }

  /** The cell of a run's current line, as an index of that cell alone. */
  cell(id: Buffer): IndexView | undefined {
    const ref = this.known.get(id);
    return ref === undefined ? undefined : this.files.cell(ref);
  }

  /** The run's current line and its place. */
  find(id: Buffer): { readonly ref: CellRef; readonly cell: IndexView } | undefined {
    const ref = this.known.get(id);
    const cell = ref === undefined ? undefined : this.files.cell(ref);
    return ref === undefined || cell === undefined ? undefined : { ref, cell };
  }

  /** Says that a file was written anew, its cells having other numbers now, or deleted. */
  replaced(file: number, view: IndexView | undefined): void {
    if (view !== undefined) {
      this.#relearn(file, view);
      return;
    }
    this.files.forget(file);
    this.known.forgetFiles(new Set([file]));
  }

  #hide(gone: readonly Gone[]): void {
    for (const { id, revision } of gone) {
      if (this.cell(id)?.revision(0) === revision) this.known.delete(id);
    }
  }

  #learn(file: number, view: IndexView, gone: Gone[]): void {
    for (const { cell, kind } of view.lines()) {
      if (kind === 'broken') this.#broken += 1;
      else if (kind === 'mark')
        gone.push({ id: Buffer.from(view.id(cell)), revision: view.revision(cell) });
      else {
        const id = view.id(cell);
        const before = this.known.add(id, { file, cell });
        if (before === undefined) continue;
        // The index that is being learned is at hand; others are asked on disk.
        const at = before.file === file ? view.revision(before.cell) : this.#revisionAt(before);
        if (view.revision(cell) > at) this.known.set(id, { file, cell });
      }
    }
  }

  #relearn(file: number, view: IndexView): void {
    this.known.forgetFiles(new Set([file]));
    const gone: Gone[] = [];
    this.#learn(file, view, gone);
    this.#hide(gone);
  }

  #revisionAt(ref: CellRef): number {
    return this.files.cell(ref)?.revision(0) ?? 0;
  }
}
