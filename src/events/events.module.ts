import { Module } from '@nestjs/common';
import { EventSchemasController } from './event-schemas.controller.js';
import { EventsController } from './events.controller.js';

@Module({ controllers: [EventsController, EventSchemasController] })
export class EventsModule {}
