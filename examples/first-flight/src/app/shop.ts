import { DatabaseSync } from 'node:sqlite';

/** An order of the shop that the support agent works for. */
export interface Order {
  readonly id: string;
  readonly status: 'delivered' | 'shipped' | 'closed';
  readonly total: number;
  readonly email: string;
  readonly bank: 'north' | 'south';
}

/** The shop's systems, with the habits that real ones have: each has its own way of saying no. */
export interface Shop {
  /** @throws Error where there is no such order. */
  readonly lookup: (orderId: string) => Order;
  /** Answers with `{ success: false }` when the bank is down, and with a sentence when there is nothing to refund. */
  readonly refund: (orderId: string, amount: number) => Promise<unknown>;
  /** Answers as an MCP server does: `isError` beside the content. */
  readonly sendEmail: (to: string, subject: string, body: string) => Promise<unknown>;
  /** Answers as a command line tool does: exit code, standard output, standard error. */
  readonly runSql: (query: string) => unknown;
}

/** The shop with its few hundred orders in a database in memory. */
export function createShop(): Shop {
  const database = new DatabaseSync(':memory:');
  database.exec(
    'CREATE TABLE orders (id TEXT PRIMARY KEY, status TEXT, total REAL, email TEXT, bank TEXT)',
  );
  const insert = database.prepare('INSERT INTO orders VALUES (?, ?, ?, ?, ?)');
  for (let number = 1000; number < 1300; number += 1) {
    const status = number >= 1200 ? 'closed' : number % 2 === 0 ? 'delivered' : 'shipped';
    const bank = number >= 1100 ? 'south' : 'north';
    insert.run(String(number), status, 20 + (number % 50), `customer${number}@example.com`, bank);
  }
  const find = database.prepare('SELECT * FROM orders WHERE id = ?');
  const lookup = (orderId: string): Order => {
    const row = find.get(orderId) as unknown as Order | undefined;
    if (row === undefined) throw new Error(`no order with id ${orderId}`);
    return { ...row };
  };
  let emails = 0;
  return {
    lookup,
    refund: async (orderId, amount) => {
      const order = lookup(orderId);
      await pause(5);
      if (order.status === 'closed') return `Error: order ${orderId} was already refunded`;
      if (order.bank === 'south') return { success: false, reason: 'bank_unavailable', amount };
      return { success: true, refund_id: `rf_${orderId}`, amount };
    },
    sendEmail: async (to, subject) => {
      await pause(3);
      emails += 1;
      if (to.endsWith('@full.example.com')) {
        return { content: [{ type: 'text', text: `mailbox of ${to} is full` }], isError: true };
      }
      return {
        content: [{ type: 'text', text: `sent "${subject}" as mail ${emails}` }],
        isError: false,
      };
    },
    runSql: (query) => {
      try {
        const rows = database.prepare(query).all();
        return { exit_code: 0, stdout: JSON.stringify(rows.slice(0, 5)), stderr: '' };
      } catch (error) {
        return {
          exit_code: 1,
          stdout: '',
          stderr: error instanceof Error ? error.message : String(error),
        };
      }
    },
  };
}

function pause(millis: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, millis);
  });
}
