import React from 'react';
export const Filter = ({ race }) => (
  <Form>
    {/* 民族 */}
    <Select label="Ethnicity" onChange={(v) => set(v)}>
      <Option value="uyghur">Uyghur&nbsp;people</Option>
    </Select>
    {race === 'asian' ? <b>Asian</b> : null}
  </Form>
);
