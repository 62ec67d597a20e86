// Writes the answers of a real Prometheus into the tables, after a row was added:
//   prometheus --config.file=empty.yml --storage.tsdb.path=FRESH --web.enable-remote-write-receiver --web.listen-address=127.0.0.1:9099
//   node scripts/run.mjs test/contract/prometheus/record.ts http://127.0.0.1:9099
import { answerOf } from './ask.ts';
import { fixtureNames, seriesOf } from './fixtures.ts';
import { remotePrometheus } from './remote-write.ts';
import { readTables, writeTable } from './table.ts';

const { load, ask } = remotePrometheus(process.argv[2] ?? 'http://127.0.0.1:9099');
for (const name of fixtureNames) await load(seriesOf(name));
for (const table of readTables()) {
  const rows = [];
  for (const row of table.rows) rows.push({ ...row, answer: await answerOf(row, table.inOrder, ask) });
  writeTable({ ...table, rows });
}
