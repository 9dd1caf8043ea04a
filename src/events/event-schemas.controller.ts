import { Controller, Get } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Public } from '../auth/principal.guard.js';
import { eventSchemas } from './event-schemas.js';

const answer = z.record(z.string(), z.unknown()).meta({ id: 'EventSchemas' });

@ApiTags('events')
@Controller('v1/schemas')
export class EventSchemasController {
  private readonly schemas = eventSchemas();

  /** JSON Schema of every type of event, and of the body of a webhook (`#/$defs/webhook`). */
  @Public()
  @Get('events.json')
  @ApiResponse({ status: 200, standardSchema: answer })
  all() {
    return this.schemas;
  }
}
