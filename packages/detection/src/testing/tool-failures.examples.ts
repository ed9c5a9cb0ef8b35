import type { PhraseExample } from './tool-phrases.examples.ts';

/** How common tools say that they did not do what was asked. Written for this project, after the tools' own words. */
export const failedPhrases: readonly PhraseExample[] = [
  // Shells and version control.
  ['bash', 'cat: notes.txt: No such file or directory'],
  ['bash', 'bash: line 1: kubectx: command not found'],
  ['shell', "ls: cannot access '/data': No such file or directory"],
  ['run_command', '/bin/sh: 1: jq: not found'],
  ['terminal', 'zsh: command not found: pnpx'],
  ['bash', 'fatal: not a git repository (or any of the parent directories): .git'],
  ['bash', "error: pathspec 'feature/x' did not match any file(s) known to git"],
  [
    'bash',
    "To github.com:o/r.git\n ! [rejected]        main -> main (fetch first)\nerror: failed to push some refs to 'github.com:o/r.git'",
  ],
  [
    'bash',
    'Auto-merging a.ts\nCONFLICT (content): Merge conflict in a.ts\nAutomatic merge failed; fix conflicts and then commit the result.',
  ],
  [
    'bash',
    'sudo: a terminal is required to read the password; either use the -S option\nsudo: a password is required',
  ],
  ['bash', "mkdir: cannot create directory '/opt/x': Permission denied"],
  [
    'powershell',
    "'node' is not recognized as an internal or external command,\noperable program or batch file.",
  ],
  [
    'execute_command',
    'Command failed with exit code 1: npm test -- --watch=false\nsh: vitest: not found',
  ],
  ['Bash', 'Exit code 2\nls: cannot access x'],
  ['shell', '{"output":"boom\\n","metadata":{"exit_code":1,"duration_seconds":0.1}}'],
  [
    'run_shell_command',
    'Command: foo\nDirectory: (root)\nStdout: (empty)\nStderr: bash: foo: command not found\nError: (none)\nExit Code: 127\nSignal: (none)\nBackground PIDs: (none)',
  ],
  ['execute_bash', 'building…\nboom\n[Command finished with exit code 2]'],
  ['bash', '<returncode>1</returncode>\n<output>\nnope\n</output>'],
  ['bash', 'started\nwaiting\nCommand timed out after 120 seconds'],
  ['shell', 'Segmentation fault (core dumped)'],
  ['bash', 'compiling\nlinking\nKilled'],
  ['ssh_exec', 'ssh: connect to host db1 port 22: Connection refused'],
  ['bash', 'curl: (6) Could not resolve host: api.example.test'],
  ['bash', 'curl: (22) The requested URL returned error: 404'],
  ['bash', "wget: unable to resolve host address 'example.test'"],
  [
    'bash',
    "grep: unrecognized option '--foo'\nUsage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.",
  ],
  ['bash', "python: can't open file '/w/run.py': [Errno 2] No such file or directory"],
  [
    'bash',
    'usage: tool.py [-h] --input INPUT\ntool.py: error: the following arguments are required: --input',
    { command: 'python tool.py' },
  ],
  // Package managers and builds.
  [
    'bash',
    "npm error code E404\nnpm error 404 Not Found - GET https://registry.example.test/nope\nnpm error 404  'nope@*' is not in this registry.",
  ],
  [
    'bash',
    'Reading package lists...\nBuilding dependency tree...\nE: Unable to locate package foo',
  ],
  [
    'bash',
    'ERROR: Could not find a version that satisfies the requirement nope (from versions: none)\nERROR: No matching distribution found for nope',
  ],
  [
    'bash',
    '   Compiling a v0.1.0\nerror[E0425]: cannot find value `x` in this scope\n --> src/main.rs:2:5\nerror: could not compile `a` (bin "a") due to 1 previous error',
  ],
  [
    'bash',
    "gcc -c a.c\na.c:3:1: error: expected ';' before '}' token\nmake: *** [Makefile:4: a.o] Error 1",
  ],
  [
    'bash',
    '[INFO] BUILD FAILURE\n[ERROR] Failed to execute goal on project a: Could not resolve dependencies',
  ],
  ['bash', "src/a.ts(3,5): error TS2322: Type 'string' is not assignable to type 'number'."],
  ['bash', '# example.test/a\n./main.go:5:2: undefined: foo'],
  ['bash', 'go: cannot find main module, but found .git/config in /w'],
  [
    'bash',
    'ERROR: failed to solve: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1',
  ],
  // Containers, clusters, clouds.
  ['bash', 'Error response from daemon: No such container: web'],
  [
    'docker',
    'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
  ],
  ['kubectl_get', 'Error from server (NotFound): pods "web-1" not found'],
  [
    'kubectl',
    'The connection to the server localhost:8080 was refused - did you specify the right host or port?',
  ],
  [
    'aws_cli',
    'An error occurred (AccessDenied) when calling the ListBuckets operation: Access Denied',
  ],
  [
    'gcloud',
    'ERROR: (gcloud.compute.instances.list) PERMISSION_DENIED: Required permission missing',
  ],
  ['az', 'ERROR: (ResourceNotFound) The Resource was not found.'],
  ['terraform', '╷\n│ Error: Invalid provider configuration\n╵'],
  // Databases.
  ['query', 'ERROR:  relation "orders" does not exist\nLINE 1: SELECT * FROM orders'],
  [
    'execute_sql',
    'psql: error: connection to server at "localhost" (127.0.0.1), port 5432 failed: Connection refused',
  ],
  ['sqlite_read_query', 'Database error: no such table: users'],
  ['sql', 'Error: near "SELEC": syntax error'],
  ['mysql_query', "ERROR 1146 (42S02): Table 'shop.orders' doesn't exist"],
  ['oracle_query', 'ORA-00942: table or view does not exist'],
  ['mssql', "Msg 208, Level 16, State 1, Line 1\nInvalid object name 'dbo.Orders'."],
  ['redis_get', '(error) WRONGTYPE Operation against a key holding the wrong kind of value'],
  ['run_query', 'sqlite3.OperationalError: no such column: total'],
  // Code executors.
  [
    'python',
    'start\nTraceback (most recent call last):\n  File "<stdin>", line 1, in <module>\nZeroDivisionError: division by zero',
  ],
  [
    'execute_code',
    '---------------------------------------------------------------------------\nKeyError                                  Traceback (most recent call last)\nCell In[3], line 1\n----> 1 d["x"]\n\nKeyError: \'x\'',
  ],
  [
    'python',
    '  File "<stdin>", line 1\n    print(\n         ^\nSyntaxError: \'(\' was never closed',
  ],
  ['code_interpreter', 'Execution timed out after 60 seconds'],
  [
    'node',
    "node:internal/modules/cjs/loader:1147\n  throw err;\n  ^\n\nError: Cannot find module '/w/x.js'\n    at Module._resolveFilename (node:internal/modules/cjs/loader:1144:15)\n\nNode.js v22.1.0",
  ],
  [
    'run_code',
    'panic: runtime error: index out of range [3] with length 2\n\ngoroutine 1 [running]:\nmain.main()\n\t/w/main.go:5 +0x1d\nexit status 2',
  ],
  [
    'run_code',
    "thread 'main' panicked at src/main.rs:2:5:\nboom\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
  ],
  [
    'run_code',
    'Exception in thread "main" java.lang.NullPointerException\n\tat a.B.main(B.java:3)',
  ],
  ['run_code', "Error in library(nope) : there is no package called 'nope'\nExecution halted"],
  // HTTP and web APIs.
  ['fetch', 'Failed to fetch https://example.test/a - status code 404'],
  ['http_request', 'HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html\r\n\r\n'],
  ['web_fetch', 'Request failed with status code 403'],
  ['fetch_url', '404 Client Error: Not Found for url: https://example.test/a'],
  [
    'web_fetch',
    '<!DOCTYPE html><html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>',
  ],
  ['fetch', '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>nginx</body></html>'],
  ['get_weather', { cod: '404', message: 'city not found' }],
  ['get_movie', { Response: 'False', Error: 'Movie not found!' }],
  [
    'github_get_file',
    { message: 'Not Found', documentation_url: 'https://docs.example.test', status: '404' },
  ],
  ['github_api', { message: 'Bad credentials', documentation_url: 'https://docs.example.test' }],
  ['slack_post_message', { ok: false, error: 'channel_not_found' }],
  [
    'geocode',
    { status: 'REQUEST_DENIED', error_message: 'The provided API key is invalid.', results: [] },
  ],
  ['stock_quote', { 'Error Message': 'Invalid API call. Please retry.' }],
  ['exchange_rate', { result: 'error', 'error-type': 'unsupported-code' }],
  [
    'create_item',
    { detail: [{ loc: ['body', 'name'], msg: 'field required', type: 'value_error.missing' }] },
  ],
  ['get_user', { detail: 'Not found.' }],
  [
    'wp_get_post',
    { code: 'rest_post_invalid_id', message: 'Invalid post ID.', data: { status: 404 } },
  ],
  [
    'jira_get_issue',
    {
      errorMessages: ['Issue does not exist or you do not have permission to see it.'],
      errors: {},
    },
  ],
  [
    'create_charge',
    { error: { type: 'card_error', code: 'card_declined', message: 'Your card was declined.' } },
  ],
  [
    'paypal_order',
    {
      name: 'RESOURCE_NOT_FOUND',
      message: 'The specified resource does not exist.',
      debug_id: 'x',
    },
  ],
  [
    'dynamodb_get',
    { __type: 'ResourceNotFoundException', message: 'Requested resource not found' },
  ],
  ['get_ticker', { code: -1121, msg: 'Invalid symbol.' }],
  ['wechat_send', { errcode: 40_013, errmsg: 'invalid appid' }],
  [
    'api_call',
    '{"error": "", "response": "{\\"message\\":\\"You are not subscribed to this API.\\"}"}',
  ],
  ['api_call', '{"error": "Timeout error...", "response": ""}'],
  [
    'api_call',
    '{"message":"You have exceeded the MONTHLY quota for Requests on your current plan"}',
  ],
  [
    'get_thing',
    { type: 'about:blank', title: 'Not Found', status: 404, detail: 'No thing with id 7' },
  ],
  ['get_thing', { statusCode: 400, error: 'Bad Request', message: 'id must be a number' }],
  ['graphql', { errors: [{ message: 'Field "x" does not exist on type "Query"' }] }],
  [
    's3_get_object',
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>',
  ],
  ['gmail_send', "{'success': False, 'error': 'Invalid recipient'}"],
  ['calendar_create_event', "{'status': 'error', 'message': 'Start time must be before end time'}"],
  ['search_flights', { status: false, message: 'Invalid departure date' }],
  ['composio_run', { data: {}, successful: false, error: 'Tool not connected' }],
  // Browsers.
  [
    'browser_click',
    '### Error\nError: locator.click: Timeout 5000ms exceeded.\nCall log:\n  - waiting for locator',
  ],
  ['browser_click', 'Ref e12 not found in the current page snapshot. Try capturing new snapshot.'],
  ['puppeteer_navigate', 'net::ERR_NAME_NOT_RESOLVED at https://nope.example.test'],
  ['puppeteer_click', 'Failed to click #go: No element found for selector: #go'],
  ['browser_navigate', 'page.goto: net::ERR_CONNECTION_REFUSED at http://localhost:3000/'],
  ['playwright_navigate', 'Navigation timeout of 30000 ms exceeded'],
  ['browser_type', 'Element is not an <input>, <textarea> or [contenteditable] element'],
  ['click', 'Element with index 42 does not exist - retry or use alternative actions'],
  ['browser_wait_for', 'TimeoutError: page.waitForSelector: Timeout 30000ms exceeded.'],
  // MCP servers and frameworks.
  ['read_file', "Error: ENOENT: no such file or directory, open '/w/a.txt'"],
  ['read_file', 'Access denied - path outside allowed directories: /etc/passwd not in /w'],
  ['mcp__fs__edit_file', 'Could not find exact match for edit:\nfoo()'],
  ['git_status', 'Error: /w is not a git repository'],
  ['get_current_time', 'Invalid timezone: Europe/Atlantis'],
  ['search_nodes', 'MCP error -32602: Invalid arguments for tool search_nodes: query is required'],
  ['frobnicate', 'Unknown tool: frobnicate'],
  ['frobnicate', 'Tool frobnicate not found'],
  ['frobnicate', 'frobnicate is not a valid tool, try one of [search, calculator].'],
  ['memory_add', 'Entity with name Ada not found'],
  ['get_issue', 'Not Found: Resource not found: issue 99'],
  ['lookup', { role: 'tool', tool_call_id: 'c1', status: 'error', content: 'boom' }],
  [
    'lookup',
    {
      type: 'tool_result',
      tool_use_id: 't',
      is_error: true,
      content: [{ type: 'text', text: 'x' }],
    },
  ],
  ['lookup', { toolResult: { toolUseId: 't', status: 'error', content: [{ text: 'x' }] } }],
  [
    'lookup',
    {
      lc: 1,
      type: 'constructor',
      id: ['ToolMessage'],
      kwargs: { status: 'error', tool_call_id: 'c', content: 'x' },
    },
  ],
  ['lookup', { type: 'dynamic-tool', state: 'output-error', errorText: 'x' }],
  ['lookup', { type: 'tool-error', toolCallId: 'c', error: 'x' }],
  ['Task', '<tool_use_error>InputValidationError: prompt is missing</tool_use_error>'],
  ['lookup', 'The tool execution failed with the following error:\n<error>\nboom\n</error>'],
  ['lookup', "content='Error: boom' name='lookup' tool_call_id='c' status='error'"],
  [
    'lookup',
    "Error invoking tool 'lookup' with kwargs {} with error: id: Field required\n Please fix the error and try again.",
  ],
  ['lookup', "lookup() got an unexpected keyword argument 'idx'"],
  ['lookup', "lookup() missing 1 required positional argument: 'id'"],
  ['send_email', '❌ Could not deliver: mailbox full'],
  ['lookup', 'Tool call timed out.'],
  ['lookup', 'Rate limit exceeded. Try again in 20 seconds.'],
  ['lookup', "Parameter 'limit' must be between 1 and 100"],
  ['lookup', 'User 7 does not exist.'],
  ['cancel_order', 'Order cannot be cancelled because it has already shipped'],
  ['book_flight', 'Payment failed: insufficient funds'],
  ['search_docs', '查询失败：网络错误'],
  ['lookup', '错误：找不到该用户'],
  ['lookup', 'Fehler: Datei nicht gefunden'],
  ['lookup', 'Erreur : accès refusé'],
  ['lookup', 'No se pudo completar la reserva'],
  ['lookup', 'エラー: ファイルが見つかりません'],
  ['lookup', 'Ошибка: файл не найден'],
  // Editors.
  [
    'str_replace_editor',
    'No replacement was performed, old_str `x` did not appear verbatim in /w/a.py.',
  ],
  ['edit', 'String to replace not found in file.\nString: foo'],
  [
    'str_replace_based_edit_tool',
    'Found 3 matches for replacement text. Please provide more context to make a unique match.',
  ],
  ['Edit', 'File has not been read yet. Read it first before writing to it.'],
  ['apply_patch', 'apply_patch verification failed: Failed to find expected lines in a.py'],
  ['apply_patch', 'error: patch failed: a.py:3\nerror: a.py: patch does not apply'],
  ['edit_file', 'Your changes have NOT been applied. Please fix your edit command and try again.'],
  ['create_file', 'File already exists at /w/a.py. Use edit instead.'],
];
