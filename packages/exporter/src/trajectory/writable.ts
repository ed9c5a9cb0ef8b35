/** A record while it is being put together, field by field. */
export type Writable<Record> = { -readonly [Field in keyof Record]: Record[Field] };
