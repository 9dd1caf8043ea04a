/** Lives with the player of labs, which is part of the service. */
export { ProgressClient as GradeClient, type SeenProgress } from '../src/player/progress-client.js';
