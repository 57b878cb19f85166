import js from '@eslint/js'
import tseslint from 'typescript-eslint'

const noClass = {
  selector: 'ClassDeclaration, ClassExpression',
  message: 'Use a record and functions.',
}
const noThrow = { selector: 'ThrowStatement', message: 'Failures are values: return a Left.' }
const noExportAll = { selector: 'ExportAllDeclaration', message: 'Name every export.' }
const noDefault = {
  selector: 'SwitchCase[test=null]',
  message: 'A switch over a union has no default: a new case must break the build.',
}
const noLostUpdate = {
  selector: 'AssignmentExpression[operator!="="] AwaitExpression',
  message: 'The left side is read before the await: what others have added meanwhile is lost.',
}

export default tseslint.config(
  {
    ignores: [
      'dist',
      'coverage',
      'bench/peers',
      'site/dist',
      'site/.pages',
      '**/node_modules',
      'src/studio/assets.ts',
    ],
  },
  js.configs.recommended,
  { rules: { 'no-restricted-syntax': ['error', noLostUpdate] } },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-empty-object-type': [
        'error',
        { allowInterfaces: 'with-single-extends' },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      '@typescript-eslint/no-redeclare': 'off',
      'no-redeclare': 'off',
      'no-undef': 'off',
    },
  },
  {
    // An application of its own, with modules of another system; here it sees the library's source.
    files: ['examples/hotel/**/*.ts'],
    languageOptions: { parserOptions: { projectService: false, project: 'tsconfig.hotel.json' } },
  },
  {
    files: ['src/**/*.ts', 'src/**/*.tsx'],
    rules: {
      'no-restricted-syntax': ['error', noLostUpdate, noClass, noThrow, noExportAll, noDefault],
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 4],
      'no-console': 'error',
    },
  },
  { files: ['src/cli/**/*.ts'], rules: { 'no-console': 'off' } },
  {
    files: [
      'src/index.ts',
      'src/adapter.ts',
      'src/adapters/postgres/schema/released-migrations.ts',
    ],
    rules: { 'max-lines': 'off' }, // lists of names, and the SQL
  },
  {
    files: ['src/core/**/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        'Date',
        'process',
        'console',
        'setTimeout',
        'setInterval',
        'setImmediate',
        'queueMicrotask',
        'performance',
        'crypto',
        'fetch',
        'Buffer',
      ],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random' }],
      'no-restricted-syntax': [
        'error',
        noLostUpdate,
        noClass,
        noThrow,
        noExportAll,
        noDefault,
        { selector: ':function[async=true], AwaitExpression', message: 'Core is synchronous.' },
      ],
    },
  },
  {
    // A test's fake timers replace the globals: see src/platform/node.ts.
    files: ['src/shell/**/*.ts', 'src/adapters/**/*.ts', 'src/http/**/*.ts', 'src/studio/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        'performance',
        'setTimeout',
        'setInterval',
        'setImmediate',
        'clearTimeout',
        'clearInterval',
        'clearImmediate',
        'queueMicrotask',
      ],
      'no-restricted-properties': ['error', { object: 'process', property: 'nextTick' }],
    },
  },
  {
    files: ['tests/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off',
      // What jest's own matchers (expect.any, expect.stringMatching) are typed as.
      '@typescript-eslint/no-unsafe-assignment': 'off',
    },
  },
  {
    files: ['**/*.{mjs,cjs,js}'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        module: 'writable',
        URL: 'readonly',
        require: 'readonly',
        AbortController: 'readonly',
        setImmediate: 'readonly',
      },
    },
  },
  {
    // What runs in a browser.
    files: ['site/playground/*.mjs'],
    languageOptions: { globals: { self: 'readonly', performance: 'readonly' } },
  },
)
