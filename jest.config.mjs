const common = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  transform: { '^.+\\.ts$': ['@swc/jest'] },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
};

const IMAGE_TESTS = 'test/install/compose.spec.ts';

/**
 * `unit` needs nothing but Node; `system` needs a database, and names what else it lacks; `image` builds the image of
 * the service and installs it, for minutes, and has a command of its own.
 */
export default {
  projects: [
    { ...common, displayName: 'unit', testMatch: ['<rootDir>/src/**/*.spec.ts'] },
    {
      ...common,
      displayName: 'system',
      testMatch: ['<rootDir>/test/**/*.spec.ts'],
      testPathIgnorePatterns: [IMAGE_TESTS],
    },
    { ...common, displayName: 'image', testMatch: [`<rootDir>/${IMAGE_TESTS}`] },
  ],
  testTimeout: 30000,
};
